// Responses that clients do not read use a bounded amount of memory, for a bounded time.
import { connect, type Socket } from 'node:net'
import { MemoryAgentRegistryRepository } from '@rollcall/server'
import { describe, test } from 'vitest'
import { registerMany } from '../../../../test/http/support/bulk-requests.ts'
import { eventually } from '../../../../test/http/support/eventually.ts'
import { largeFleet } from './support/large-fleet.ts'
import { PausingReader } from './support/pausing-reader.ts'
import { StreamingServer } from './support/streaming-server.ts'

const MIB = 1024 * 1024
const RESPONSE_LIMIT = 128 * MIB

/** Sends a request without reading its response. */
function requestWithoutReading(server: StreamingServer, path: string): Socket {
  const socket = connect(Number(new URL(server.baseUrl).port), '127.0.0.1')
  socket.on('error', () => undefined)
  socket.pause()
  socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`)
  return socket
}

const usedBytes = (server: StreamingServer) => server.metric('rollcall_http_response_bytes')

const disconnects = (server: StreamingServer) =>
  server.metric('rollcall_connections_closed_total', { reason: 'slow_reader' })

describe.each(['/agents', '/sd/prometheus', '/events?since=0&limit=1000'])('%s', (path) => {
  test.concurrent('that is not read is rejected beyond a limit, and finally disconnected', async ({
    expect,
  }) => {
    await using server = await StreamingServer.start()
    await registerMany(server.baseUrl, largeFleet(1000))
    const sockets = Array.from({ length: 30 }, () => requestWithoutReading(server, path))
    // Of many at once, some are rejected that would find memory a moment later.
    const askAgain = () => {
      sockets.push(requestWithoutReading(server, path))
      return usedBytes(server)
    }
    await eventually(askAgain, expect).toBeGreaterThan(RESPONSE_LIMIT - 16 * MIB)
    expect(await usedBytes(server)).toBeLessThanOrEqual(RESPONSE_LIMIT)
    let rejected = await fetch(server.baseUrl + path)
    // Memory may still be available: those that were rejected had used it for a moment.
    while (rejected.status === 200) {
      // First: what is not read yet could take the memory of the next.
      await rejected.arrayBuffer()
      sockets.push(requestWithoutReading(server, path))
      rejected = await fetch(server.baseUrl + path)
    }
    expect(rejected.status).toBe(503)
    expect(rejected.headers.get('retry-after')).toBe('1')
    expect(await rejected.json()).toMatchObject({ code: 'OVERLOADED' })
    const beat = await fetch(`${server.baseUrl}/agents/agent-1/heartbeat`, { method: 'POST' })
    expect(beat.status).toBe(200)
    // Takes ten seconds: more requests for metrics would only keep the registry from its work.
    await expect.poll(() => usedBytes(server), { interval: 250 }).toBe(0)
    expect(await disconnects(server)).toBeGreaterThan(0)
    const response = await fetch(server.baseUrl + path)
    expect(response.status).toBe(200)
    expect(await response.json()).toHaveLength(1000)
    await eventually(() => usedBytes(server), expect).toBe(0)
    for (const socket of sockets) socket.destroy()
  })
})

test.concurrent('a stream is dropped when its reader reads nothing, however small the backlog', async ({
  expect,
}) => {
  await using server = await StreamingServer.start()
  using reader = new PausingReader(server.baseUrl, '')
  await eventually(() => reader.last?.type, expect).toBe('synced')
  reader.pause()
  // Until the system buffers no more, and the server has a backlog.
  for (let round = 0; server.longestBacklog === 0; round++) {
    const agents = largeFleet(20).map((agent) => ({ ...agent, version: `${round}` }))
    await registerMany(server.baseUrl, agents)
  }
  expect(server.longestBacklog).toBeLessThan(MIB)
  expect(await server.readers()).toBe(1)
  await eventually(() => server.drops('stalled'), expect).toBe(1)
  expect(await server.readers()).toBe(0)
  await eventually(() => server.longestBacklog, expect).toBe(0)
})

test.concurrent('with a thousand streams, each may have a smaller backlog', async ({ expect }) => {
  await using server = await StreamingServer.start()
  const idle = Array.from({ length: 1023 }, () => new PausingReader(server.baseUrl, 'name=none'))
  using reader = new PausingReader(server.baseUrl, '')
  await eventually(() => server.readers(), expect).toBe(1024)
  reader.pause()
  let peak = 0
  // One by one, so that the amount sent at once is small.
  for (let round = 0; (await server.readers()) === 1024; round++) {
    const agents = largeFleet(1).map((agent) => ({ ...agent, version: `${round}` }))
    await registerMany(server.baseUrl, agents)
    peak = Math.max(peak, server.longestBacklog)
  }
  expect(peak).toBeGreaterThan(0)
  expect(peak).toBeLessThan(256 * 1024)
  for (const each of idle) each[Symbol.dispose]()
})

/** A store that records the limits of history reads. */
class LimitRecordingRepository extends MemoryAgentRegistryRepository {
  readonly limits: (number | undefined)[] = []

  override async eventsSince(
    ...parameters: Parameters<MemoryAgentRegistryRepository['eventsSince']>
  ) {
    this.limits.push(parameters[1])
    return await super.eventsSince(...parameters)
  }
}

test.concurrent('a reader that stops in the middle of the history holds no page of it', async ({
  expect,
}) => {
  const repository = new LimitRecordingRepository()
  await using server = await StreamingServer.start(repository)
  await registerMany(server.baseUrl, largeFleet(1000))
  using reader = new PausingReader(server.baseUrl, 'since=0')
  await eventually(() => reader.events.length, expect).toBeGreaterThan(0)
  reader.pause()
  await eventually(() => server.longestBacklog, expect).toBeGreaterThan(0)
  reader.resume()
  await eventually(() => reader.last?.type, expect).toBe('synced')
  const revisions = reader.events.slice(0, -1).map(({ data }) => JSON.parse(data).revision)
  expect(revisions).toEqual(Array.from({ length: 1000 }, (_, index) => index + 1))
  // What it did not read was fetched again, in smaller pages.
  expect(repository.limits[0]).toBe(500)
  expect(Math.min(...repository.limits.map((limit) => limit ?? 1000))).toBeLessThan(20)
})
