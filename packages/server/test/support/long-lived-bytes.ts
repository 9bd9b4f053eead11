import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
/** Collects all garbage (major), or only the garbage of young objects (minor). */
export const collectGarbage = runInNewContext('gc') as (options: {
  type: 'major' | 'minor'
}) => void

const LONG_LIVED = new Set(['old_space', 'large_object_space'])

/** Returns the size of the objects that only a full garbage collection can free. */
export function longLivedBytes(): number {
  // An object becomes long-lived when it survives two short collections.
  for (let collection = 0; collection < 2; collection++) collectGarbage({ type: 'minor' })
  const spaces = getHeapSpaceStatistics().filter(({ space_name }) => LONG_LIVED.has(space_name))
  return spaces.reduce((sum, { space_used_size }) => sum + space_used_size, 0)
}
