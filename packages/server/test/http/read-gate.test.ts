// Real requests, for which the test controls in which iteration ("round") of the event loop they arrive.
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

/** Sends requests, each on its own connection, and waits until they have arrived. */
async function requests(count: number, { method = 'GET', path = '/agents' } = {}) {
  arrived = []
  const { port } = server.address() as AddressInfo
  const sockets = Array.from({ length: count }, () => connect(port, '127.0.0.1'))
  for (const socket of sockets) socket.write(`${method} ${path} HTTP/1.1\r\nhost: x\r\n\r\n`)
  await expect.poll(() => arrived.length).toBe(count)
  return { exchanges: [...arrived], sockets }
}

function readGate() {
  const started: IncomingMessage[] = []
  const handle = new ReadGate().wrap((request) => started.push(request))
  return { started, handle }
}

describe('reads', () => {
  test('start immediately when no connections arrive', async () => {
    const { started, handle } = readGate()
    const { exchanges } = await requests(10)
    for (const exchange of exchanges) handle(...exchange)
    expect(started).toEqual(exchanges.map(([request]) => request))
  })

  test('start one per round while connections arrive, in order, and all when none do', async () => {
    const { started, handle } = readGate()
    const { exchanges } = await requests(10)
    noteArrival()
    for (const exchange of exchanges) handle(...exchange)
    expect(started).toHaveLength(1)
    for (const count of [2, 3, 4]) {
      noteArrival()
      await round()
      expect(started).toHaveLength(count)
    }
    await round()
    expect(started).toEqual(exchanges.map(([request]) => request))
  })

  test('start immediately again when no more connections arrive', async () => {
    const { started, handle } = readGate()
    const { exchanges } = await requests(100)
    const [first, ...later] = exchanges as [Exchange, ...Exchange[]]
    noteArrival()
    handle(...first)
    for (let rounds = 0; rounds < 3; rounds++) await round()
    for (const exchange of later) handle(...exchange)
    expect(started).toHaveLength(exchanges.length)
  })

  test('that arrive later do not overtake waiting ones', async () => {
    const { started, handle } = readGate()
    const { exchanges } = await requests(4)
    const [first, second, third, fourth] = exchanges as [Exchange, Exchange, Exchange, Exchange]
    noteArrival()
    for (const exchange of [first, second, third]) handle(...exchange)
    noteArrival()
    await round()
    handle(...fourth)
    for (let rounds = 0; rounds < 3; rounds++) await round()
    expect(started).toEqual(exchanges.map(([request]) => request))
  })

  test('whose client has disconnected do not start', async () => {
    const { started, handle } = readGate()
    const { exchanges, sockets } = await requests(6)
    noteArrival()
    for (const exchange of exchanges) handle(...exchange)
    // Destroys waiting requests on the server side, so that no round passes in between.
    for (const [request] of exchanges.slice(1, 5)) request.socket.destroy()
    noteArrival()
    await round()
    expect(started).toEqual([exchanges[0]?.[0], exchanges[5]?.[0]])
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
    const { started, handle } = readGate()
    const reads = await requests(3)
    noteArrival()
    for (const exchange of reads.exchanges) handle(...exchange)
    const { exchanges } = await requests(3, kind)
    const before = started.length
    noteArrival()
    for (const exchange of exchanges) handle(...exchange)
    expect(started.slice(before)).toEqual(exchanges.map(([request]) => request))
  })
})
