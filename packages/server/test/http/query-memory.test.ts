import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { QueryAdmission } from '../../src/http/queries/query-admission.ts'
import { collectGarbage, longLivedBytes } from '../support/long-lived-bytes.ts'

/** So few that no full garbage collection begins. */
const QUERIES = 200
/** More than everything else that a query allocates. */
const RESPONSE_BYTES = 16_000

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
