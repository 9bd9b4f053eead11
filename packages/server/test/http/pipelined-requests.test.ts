// The requests in flight on one connection are bounded, whatever it pipelines.
import type { Socket } from 'node:net'
import { AgentRegistryServer, MemoryAgentRegistryRepository } from '@rollcall/server'
import { describe, expect, test } from 'vitest'
import { eventually } from '../../../../test/http/support/eventually.ts'
import { RawConnection } from '../../../../test/http/support/raw-connection.ts'
import { StreamingServer } from './support/streaming-server.ts'

const STREAM = 'GET /events HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n'
const LIST = 'GET /agents HTTP/1.1\r\nHost: x\r\n\r\n'
const heartbeat = (agentId: string) =>
  `POST /agents/${agentId}/heartbeat HTTP/1.1\r\nHost: x\r\n\r\n`

function post(path: string, body: string): string {
  return (
    `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n` +
    `Content-Length: ${body.length}\r\n\r\n${body}`
  )
}

const registration = (agent_id: string) =>
  post('/agents/register', JSON.stringify({ agent_id, agent_name: 'A', host: 'h', port: 1 }))

/** A store whose heartbeats and lists block until a test releases them. */
class WaitingRepository extends MemoryAgentRegistryRepository {
  heartbeats = 0
  lists = 0
  readonly released = Promise.withResolvers<void>()

  override async updateHeartbeat(agentId: string) {
    this.heartbeats++
    await this.released.promise
    return await super.updateHeartbeat(agentId)
  }

  override async updateHeartbeats() {
    this.heartbeats++
    await this.released.promise
    return { ok: 0, unknown: [] }
  }

  override async counts() {
    this.lists++
    await this.released.promise
    return await super.counts()
  }
}

async function waitingRegistry() {
  const repository = new WaitingRepository()
  const agent = { agentId: 'a', agentName: 'A', host: 'h', port: 1 }
  await repository.add(agent)
  // The start reads the counts once.
  const started = Promise.withResolvers<void>()
  const released = repository.released
  Object.assign(repository, { released: started })
  started.resolve()
  const server = await StreamingServer.start(repository)
  Object.assign(repository, { released, lists: 0 })
  return { repository, server, released }
}

describe('after a stream', () => {
  test('no other stream starts, however many are requested', async () => {
    await using server = await StreamingServer.start()
    await using connection = await RawConnection.open(server.baseUrl)
    connection.send(STREAM.repeat(1000))
    const head = await connection.answer()
    expect(head.headers.get('connection')).toBe('close')
    await eventually(() => server.readers()).toBe(1)
    connection.send(STREAM)
    await fetch(`${server.baseUrl}/health`)
    expect(await server.readers()).toBe(1)
  })

  test('a disconnect is detected, whatever the client had sent', async () => {
    await using server = await StreamingServer.start()
    const connection = await RawConnection.open(server.baseUrl)
    connection.send(STREAM + LIST.repeat(500))
    await eventually(() => server.readers()).toBe(1)
    connection.endSending()
    await connection[Symbol.asyncDispose]()
    await eventually(() => server.readers()).toBe(0)
  })

  test('endless requests close the connection', async () => {
    await using server = await StreamingServer.start()
    await using connection = await RawConnection.open(server.baseUrl)
    connection.send(STREAM)
    await connection.answer()
    connection.send(LIST.repeat(65))
    await connection.whenClosed()
    const reason = 'pipelining'
    expect(await server.metric('rollcall_connections_closed_total', { reason })).toBe(1)
  })

  test('no request is executed', async () => {
    await using server = await StreamingServer.start()
    await using connection = await RawConnection.open(server.baseUrl)
    connection.send(STREAM + registration('behind'))
    await connection.answer()
    connection.send(registration('later'))
    await fetch(`${server.baseUrl}/health`)
    expect(await server.repository.get('behind')).toBeUndefined()
    expect(await server.repository.get('later')).toBeUndefined()
  })
})

test('more requests than may wait close the connection', async () => {
  await using server = await StreamingServer.start()
  await using connection = await RawConnection.open(server.baseUrl)
  // The smallest possible requests, so that they all arrive in one read.
  connection.send('GET / HTTP/1.1\r\n\r\n'.repeat(3000))
  await connection.whenClosed()
  const reason = 'pipelining'
  expect(await server.metric('rollcall_connections_closed_total', { reason })).toBe(1)
  await eventually(() => server.readers()).toBe(0)
})

test('the number of waiting requests on all connections is limited', async () => {
  const { repository, server, released } = await waitingRegistry()
  await using _server = server
  const connections = await Promise.all(
    Array.from({ length: 12 }, async () => {
      const connection = await RawConnection.open(server.baseUrl)
      connection.send(LIST.repeat(1900))
      return connection
    }),
  )
  await eventually(() => connections.filter(({ isClosed }) => isClosed).length).toBeGreaterThan(0)
  expect(repository.lists).toBeLessThanOrEqual(12)
  for (const connection of connections) await connection[Symbol.asyncDispose]()
  released.resolve()
  await eventually(() => server.openConnections).toBe(0)
  // Nothing is waiting now: others are served as before.
  await using connection = await RawConnection.open(server.baseUrl)
  connection.send(LIST.repeat(1900))
  for (let received = 0; received < 1900; received++) await connection.answer()
})

test('the responses to pipelined requests arrive in order', async () => {
  await using server = await StreamingServer.start()
  await using connection = await RawConnection.open(server.baseUrl)
  connection.send(registration('a'))
  expect((await connection.answer()).status).toBe(200)
  connection.send((heartbeat('a') + LIST + heartbeat('unknown')).repeat(300))
  for (let round = 0; round < 300; round++) {
    const responses = [
      await connection.answer(),
      await connection.answer(),
      await connection.answer(),
    ]
    expect(responses.map(({ status }) => status)).toEqual([200, 200, 404])
    expect(JSON.parse(String(responses[1]?.body))).toMatchObject([{ agent_id: 'a' }])
  }
})

test('a limited number of heartbeats is in flight, the others wait, and reading pauses', async () => {
  const { repository, server, released } = await waitingRegistry()
  await using _server = server
  let serverSide: Socket | undefined
  server.server.createApp().server.once('connection', (socket: Socket) => {
    serverSide = socket
  })
  await using connection = await RawConnection.open(server.baseUrl)
  const COUNT = 20_000
  connection.send(heartbeat('a').repeat(COUNT))
  await eventually(() => repository.heartbeats).toBe(64)
  for (let round = 0; round < 3; round++) await server.readers()
  expect(repository.heartbeats).toBe(64)
  expect(serverSide?.bytesRead).toBeLessThan(200_000)
  released.resolve()
  for (let received = 0; received < 1000; received++) {
    expect((await connection.answer()).status).toBe(200)
  }
  await eventually(() => repository.heartbeats).toBe(COUNT)
})

test('lists of one connection run one after the other', async () => {
  const { repository, server, released } = await waitingRegistry()
  await using _server = server
  await using connection = await RawConnection.open(server.baseUrl)
  connection.send(LIST.repeat(20))
  await eventually(() => repository.lists).toBe(1)
  await server.readers()
  expect(repository.lists).toBe(1)
  released.resolve()
  for (let received = 0; received < 20; received++) {
    expect((await connection.answer()).status).toBe(200)
  }
})

test('the memory of pipelined bodies is freed when the client disconnects', async () => {
  const { repository, server, released } = await waitingRegistry()
  await using _server = server
  const connection = await RawConnection.open(server.baseUrl)
  const batch = JSON.stringify({ agent_ids: ['a'] }).padEnd(1024 * 1024, ' ')
  connection.send(post('/agents/heartbeats', batch).repeat(3))
  await eventually(() => repository.heartbeats).toBe(3)
  const usedBytes = () => server.metric('rollcall_http_body_bytes')
  expect(await usedBytes()).toBe(3 * 1024 * 1024)
  await connection[Symbol.asyncDispose]()
  await eventually(usedBytes).toBe(0)
  released.resolve()
})

test('streams are limited by the setting, and the next one is rejected', async () => {
  await using server = new AgentRegistryServer('memory:', { maxStreams: 2 })
  const baseUrl = await server.listen({ port: 0 })
  await using first = await RawConnection.open(baseUrl)
  await using second = await RawConnection.open(baseUrl)
  for (const connection of [first, second]) {
    connection.send(STREAM)
    expect((await connection.answer()).status).toBe(200)
  }
  const headers = { accept: 'text/event-stream' }
  const rejected = await fetch(`${baseUrl}/events`, { headers })
  expect(rejected.status).toBe(503)
  expect(rejected.headers.get('retry-after')).toBe('1')
  expect(await rejected.json()).toMatchObject({ code: 'OVERLOADED' })
  await first[Symbol.asyncDispose]()
  await eventually(async () => {
    const controller = new AbortController()
    const { status } = await fetch(`${baseUrl}/events`, { headers, signal: controller.signal })
    controller.abort()
    return status
  }).toBe(200)
})
