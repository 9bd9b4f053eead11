// Responses that their clients do not take occupy a bounded amount of memory, and not for ever.
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

/** Asks for something, and reads nothing of it. */
function askAndNotRead(server: StreamingServer, path: string): Socket {
  const socket = connect(Number(new URL(server.baseUrl).port), '127.0.0.1')
  socket.on('error', () => undefined)
  socket.pause()
  socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`)
  return socket
}

const occupied = (server: StreamingServer) => server.metric('rollcall_http_response_bytes')

const cutOff = (server: StreamingServer) =>
  server.metric('rollcall_connections_closed_total', { reason: 'slow_reader' })

describe.each(['/agents', '/sd/prometheus', '/events?since=0&limit=1000'])('%s', (path) => {
  test.concurrent('that nobody reads is refused beyond a limit, and cut off in the end', async ({
    expect,
  }) => {
    await using server = await StreamingServer.start()
    await registerMany(server.baseUrl, largeFleet(1000))
    const crowd = Array.from({ length: 30 }, () => askAndNotRead(server, path))
    await eventually(() => occupied(server), expect).toBeGreaterThan(RESPONSE_LIMIT - 16 * MIB)
    expect(await occupied(server)).toBeLessThanOrEqual(RESPONSE_LIMIT)
    let refused = await fetch(server.baseUrl + path)
    // There was room yet, or there is room again: of two that were written at once, one gave up.
    while (refused.status === 200) {
      crowd.push(askAndNotRead(server, path))
      await refused.arrayBuffer()
      refused = await fetch(server.baseUrl + path)
    }
    expect(refused.status).toBe(503)
    expect(refused.headers.get('retry-after')).toBe('1')
    expect(await refused.json()).toMatchObject({ code: 'OVERLOADED' })
    const beat = await fetch(`${server.baseUrl}/agents/agent-1/heartbeat`, { method: 'POST' })
    expect(beat.status).toBe(200)
    await eventually(() => occupied(server), expect).toBe(0)
    expect(await cutOff(server)).toBeGreaterThan(0)
    const answer = await fetch(server.baseUrl + path)
    expect(answer.status).toBe(200)
    expect(await answer.json()).toHaveLength(1000)
    await eventually(() => occupied(server), expect).toBe(0)
    for (const socket of crowd) socket.destroy()
  })
})

test.concurrent('a stream is cut off when its reader takes nothing, however little waits', async ({
  expect,
}) => {
  await using server = await StreamingServer.start()
  using reader = new PausingReader(server.baseUrl, '')
  await eventually(() => reader.last?.type, expect).toBe('synced')
  reader.pause()
  // Until the system takes no more, and something waits in the server.
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

test.concurrent('with a thousand streams, each may let less wait', async ({ expect }) => {
  await using server = await StreamingServer.start()
  const idle = Array.from({ length: 1023 }, () => new PausingReader(server.baseUrl, 'name=none'))
  using reader = new PausingReader(server.baseUrl, '')
  await eventually(() => server.readers(), expect).toBe(1024)
  reader.pause()
  let most = 0
  // One by one: what is told at once is small.
  for (let round = 0; (await server.readers()) === 1024; round++) {
    const agents = largeFleet(1).map((agent) => ({ ...agent, version: `${round}` }))
    await registerMany(server.baseUrl, agents)
    most = Math.max(most, server.longestBacklog)
  }
  expect(most).toBeGreaterThan(0)
  expect(most).toBeLessThan(256 * 1024)
  for (const each of idle) each[Symbol.dispose]()
})

/** A store that notes how much of the history was asked for. */
class AskedRepository extends MemoryAgentRegistryRepository {
  readonly asked: (number | undefined)[] = []

  override async eventsSince(
    ...parameters: Parameters<MemoryAgentRegistryRepository['eventsSince']>
  ) {
    this.asked.push(parameters[1])
    return await super.eventsSince(...parameters)
  }
}

test.concurrent('a reader that stops in the middle of the history holds no page of it', async ({
  expect,
}) => {
  const repository = new AskedRepository()
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
  // What it did not take was read again, and less at a time.
  expect(repository.asked[0]).toBe(500)
  expect(Math.min(...repository.asked.map((limit) => limit ?? 1000))).toBeLessThan(20)
})
