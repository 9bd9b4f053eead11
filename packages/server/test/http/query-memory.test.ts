import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { QueryAdmission } from '../../src/http/queries/query-admission.ts'

/** So few that no full garbage collection begins. */
const QUERIES = 200
/** More than everything else that a query allocates. */
const RESPONSE_BYTES = 16_000

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as (options: { type: 'major' | 'minor' }) => void

/** Returns the size of the objects that only a full garbage collection can free. */
function longLivedBytes(): number {
  // An object becomes long-lived when it survives two short collections.
  for (let collection = 0; collection < 2; collection++) collectGarbage({ type: 'minor' })
  const spaces = getHeapSpaceStatistics().filter(({ space_name }) => space_name === 'old_space')
  return spaces.reduce((sum, { space_used_size }) => sum + space_used_size, 0)
}

test('the response of a query does not stay in memory until a full garbage collection', async () => {
  const admission = new QueryAdmission()
  const socket = new Socket()
  collectGarbage({ type: 'major' })
  const before = longLivedBytes()
  for (let query = 0; query < QUERIES; query++) {
    const response = new ServerResponse(new IncomingMessage(socket))
    Object.assign(response, { body: new Array(RESPONSE_BYTES / 8).fill(query) })
    await admission.run(response, async ({ work }) => work.next())
  }
  const bytesPerQuery = (longLivedBytes() - before) / QUERIES
  expect(bytesPerQuery).toBeLessThan(RESPONSE_BYTES / 4)
})
