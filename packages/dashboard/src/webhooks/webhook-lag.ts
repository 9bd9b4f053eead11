import type { Health } from '@rollcall/protocol'

/**
 * Returns how many changes follow the position of a webhook, whether or not its filter selects them; undefined: the
 * position is not of the current branch of the history, or that is not known yet.
 *
 * @param position `BRANCH:REVISION`
 */
export function lagOf(
  position: string,
  health: Pick<Health, 'branch' | 'revision'> | undefined,
): number | undefined {
  const [branch, revision] = position.split(':')
  if (health === undefined || branch !== health.branch) return undefined
  // The health may have been read before the position.
  return Math.max(0, health.revision - Number(revision))
}
