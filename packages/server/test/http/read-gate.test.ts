// Real requests, of which a test says in which round of the event loop they come.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ReadGate } from '../../src/http/queries/read-gate.ts'
import { noteArrival } from '../../src/scheduling/connection-arrivals.ts'

type Exchange = readonly [IncomingMessage, ServerResponse]

const round = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

let server: Server
let arrived: Exchange[]
beforeEach(async () => {
  arrived = []
  server = createServer((...exchange) => {
    arrived.push(exchange)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterEach(() => {
  server.closeAllConnections()
  server.close()
})

/** Requests that have arrived, each on a connection of its own. */
async function requests(count: number, { method = 'GET', path = '/agents' } = {}) {
  arrived = []
  const { port } = server.address() as AddressInfo
  const sockets = Array.from({ length: count }, () => connect(port, '127.0.0.1'))
  for (const socket of sockets) socket.write(`${method} ${path} HTTP/1.1\r\nhost: x\r\n\r\n`)
  await expect.poll(() => arrived.length).toBe(count)
  return { exchanges: [...arrived], sockets }
}

function turns() {
  const begun: IncomingMessage[] = []
  const handle = new ReadGate().wrap((request) => begun.push(request))
  return { begun, handle }
}

describe('reads', () => {
  test('begin at once when no connections arrive', async () => {
    const { begun, handle } = turns()
    const { exchanges } = await requests(10)
    for (const exchange of exchanges) handle(...exchange)
    expect(begun).toEqual(exchanges.map(([request]) => request))
  })

  test('begin one in a round while connections arrive, in order, and all when none do', async () => {
    const { begun, handle } = turns()
    const { exchanges } = await requests(10)
    noteArrival()
    for (const exchange of exchanges) handle(...exchange)
    expect(begun).toHaveLength(1)
    for (const count of [2, 3, 4]) {
      noteArrival()
      await round()
      expect(begun).toHaveLength(count)
    }
    await round()
    expect(begun).toEqual(exchanges.map(([request]) => request))
  })

  test('that come later do not overtake those that wait', async () => {
    const { begun, handle } = turns()
    const { exchanges } = await requests(4)
    const [first, second, third, fourth] = exchanges as [Exchange, Exchange, Exchange, Exchange]
    noteArrival()
    for (const exchange of [first, second, third]) handle(...exchange)
    noteArrival()
    await round()
    handle(...fourth)
    for (let rounds = 0; rounds < 3; rounds++) await round()
    expect(begun).toEqual(exchanges.map(([request]) => request))
  })

  test('whose client has gone do not begin', async () => {
    const { begun, handle } = turns()
    const { exchanges, sockets } = await requests(6)
    noteArrival()
    for (const exchange of exchanges) handle(...exchange)
    // Of those that still wait, at the server: no round of the event loop passes in between.
    for (const [request] of exchanges.slice(1, 5)) request.socket.destroy()
    noteArrival()
    await round()
    expect(begun).toEqual([exchanges[0]?.[0], exchanges[5]?.[0]])
    for (const socket of sockets) socket.destroy()
  })
})

describe.each([
  { method: 'POST', path: '/agents/register' },
  { method: 'POST', path: '/agents/a/heartbeat' },
  { method: 'DELETE', path: '/agents/a' },
  { method: 'GET', path: '/health' },
  { method: 'GET', path: '/health/ready' },
  { method: 'GET', path: '/metrics' },
])('$method $path', (kind) => {
  test('never waits', async () => {
    const { begun, handle } = turns()
    const reads = await requests(3)
    noteArrival()
    for (const exchange of reads.exchanges) handle(...exchange)
    const { exchanges } = await requests(3, kind)
    const before = begun.length
    noteArrival()
    for (const exchange of exchanges) handle(...exchange)
    expect(begun.slice(before)).toEqual(exchanges.map(([request]) => request))
  })
})
