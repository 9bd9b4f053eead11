// Requests on connections of their own that find a full turn wait for the next one, in which the wait is measured.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { RawConnection } from '../../../../../test/http/support/raw-connection.ts'
import { Pipelining } from '../../../src/http/connections/pipelining.ts'
import { RequestWaits } from '../../../src/http/connections/request-waits.ts'

const REQUEST = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'
const CLIENTS = 600
/** What one turn starts, and what the next one starts of those that wait. */
const MAX_IN_A_TURN = 512

test('the mean is that of the requests since the last time it was taken', () => {
  const waits = new RequestWaits()
  expect(waits.take()).toBe(0)
  waits.add(10)
  waits.add(30)
  expect([waits.take(), waits.take()]).toEqual([20, 0])
})

test('every client gets its response, also those whose request waits for a turn', async () => {
  const pipelining = new Pipelining({ rejected: () => expect.fail('rejected') })
  let busiest = 0
  let started = 0
  const handler = pipelining.wrap((_request, response) => {
    started++
    if (started === 1) setImmediate(() => (started = 0))
    busiest = Math.max(busiest, started)
    response.end('served')
    return undefined
  })
  const server = createServer(handler)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const clients = await Promise.all(Array.from({ length: CLIENTS }, () => RawConnection.open(url)))
  let waitedMs = 0
  // More than once: a connection that has waited serves the next request as well.
  for (let time = 0; time < 3; time++) {
    for (const client of clients) client.send(REQUEST)
    // What was sent is read in one turn.
    for (const client of clients) expect((await client.answer()).status).toBe(200)
    waitedMs += pipelining.waits.take()
  }
  expect(busiest).toBeLessThanOrEqual(MAX_IN_A_TURN)
  expect(waitedMs).toBeGreaterThan(0)
  await Promise.all(clients.map((client) => client[Symbol.asyncDispose]()))
  await new Promise((resolve) => server.close(resolve))
})
