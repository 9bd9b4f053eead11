// What one connection asks for before it is answered is bounded, whatever it pipelines.
import type { Socket } from 'node:net'
import { AgentRegistryServer, MemoryAgentRegistryRepository } from '@rollcall/server'
import { describe, expect, test } from 'vitest'
import { eventually } from '../../../../test/http/support/eventually.ts'
import { RawConnection } from '../../../../test/http/support/raw-connection.ts'
import { StreamingServer } from './support/streaming-server.ts'

const STREAM = 'GET /events HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n'
const LIST = 'GET /agents HTTP/1.1\r\nHost: x\r\n\r\n'
const beat = (agentId: string) => `POST /agents/${agentId}/heartbeat HTTP/1.1\r\nHost: x\r\n\r\n`

function post(path: string, body: string): string {
  return (
    `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n` +
    `Content-Length: ${body.length}\r\n\r\n${body}`
  )
}

const registration = (agent_id: string) =>
  post('/agents/register', JSON.stringify({ agent_id, agent_name: 'A', host: 'h', port: 1 }))

/** A store whose heartbeats and lists wait until a test lets them go on. */
class WaitingRepository extends MemoryAgentRegistryRepository {
  beats = 0
  lists = 0
  readonly mayGoOn = Promise.withResolvers<void>()

  override async updateHeartbeat(agentId: string) {
    this.beats++
    await this.mayGoOn.promise
    return await super.updateHeartbeat(agentId)
  }

  override async updateHeartbeats() {
    this.beats++
    await this.mayGoOn.promise
    return { ok: 0, unknown: [] }
  }

  override async counts() {
    this.lists++
    await this.mayGoOn.promise
    return await super.counts()
  }
}

async function waitingRegistry() {
  const repository = new WaitingRepository()
  const agent = { agentId: 'a', agentName: 'A', host: 'h', port: 1 }
  await repository.add(agent)
  // Starting asks for the counts, once.
  const started = Promise.withResolvers<void>()
  const mayGoOn = repository.mayGoOn
  Object.assign(repository, { mayGoOn: started })
  started.resolve()
  const server = await StreamingServer.start(repository)
  Object.assign(repository, { mayGoOn, lists: 0 })
  return { repository, server, mayGoOn }
}

describe('behind a stream', () => {
  test('there is no other stream, however many are asked for', async () => {
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

  test('a client that hangs up is noticed, whatever it had sent', async () => {
    await using server = await StreamingServer.start()
    const connection = await RawConnection.open(server.baseUrl)
    connection.send(STREAM + LIST.repeat(500))
    await eventually(() => server.readers()).toBe(1)
    connection.endSending()
    await connection[Symbol.asyncDispose]()
    await eventually(() => server.readers()).toBe(0)
  })

  test('requests without end close the connection', async () => {
    await using server = await StreamingServer.start()
    await using connection = await RawConnection.open(server.baseUrl)
    connection.send(STREAM)
    await connection.answer()
    connection.send(LIST.repeat(65))
    await connection.whenClosed()
    const reason = 'pipelining'
    expect(await server.metric('rollcall_connections_closed_total', { reason })).toBe(1)
  })

  test('nothing is done', async () => {
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
  // As small as a request can be: they all come in one read.
  connection.send('GET / HTTP/1.1\r\n\r\n'.repeat(3000))
  await connection.whenClosed()
  const reason = 'pipelining'
  expect(await server.metric('rollcall_connections_closed_total', { reason })).toBe(1)
  await eventually(() => server.readers()).toBe(0)
})

test('all connections together let only so many requests wait', async () => {
  const { repository, server, mayGoOn } = await waitingRegistry()
  await using _server = server
  const crowd = await Promise.all(
    Array.from({ length: 12 }, async () => {
      const connection = await RawConnection.open(server.baseUrl)
      connection.send(LIST.repeat(1900))
      return connection
    }),
  )
  await eventually(() => crowd.filter(({ isClosed }) => isClosed).length).toBeGreaterThan(0)
  expect(repository.lists).toBeLessThanOrEqual(12)
  for (const connection of crowd) await connection[Symbol.asyncDispose]()
  mayGoOn.resolve()
  await eventually(() => server.openConnections).toBe(0)
  // Nothing waits any more: others are served as before.
  await using connection = await RawConnection.open(server.baseUrl)
  connection.send(LIST.repeat(1900))
  for (let answered = 0; answered < 1900; answered++) await connection.answer()
})

test('a thousand pipelined heartbeats are answered in order', async () => {
  await using server = await StreamingServer.start()
  await using connection = await RawConnection.open(server.baseUrl)
  connection.send(registration('a'))
  expect((await connection.answer()).status).toBe(200)
  connection.send((beat('a') + LIST + beat('unknown')).repeat(300))
  for (let round = 0; round < 300; round++) {
    const answers = [
      await connection.answer(),
      await connection.answer(),
      await connection.answer(),
    ]
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 404])
    expect(JSON.parse(String(answers[1]?.body))).toMatchObject([{ agent_id: 'a' }])
  }
})

test('some heartbeats are under way at once, the others wait, and no more is read', async () => {
  const { repository, server, mayGoOn } = await waitingRegistry()
  await using _server = server
  let serverSide: Socket | undefined
  server.server.createApp().server.once('connection', (socket: Socket) => {
    serverSide = socket
  })
  await using connection = await RawConnection.open(server.baseUrl)
  const COUNT = 20_000
  connection.send(beat('a').repeat(COUNT))
  await eventually(() => repository.beats).toBe(64)
  for (let round = 0; round < 3; round++) await server.readers()
  expect(repository.beats).toBe(64)
  expect(serverSide?.bytesRead).toBeLessThan(200_000)
  mayGoOn.resolve()
  for (let answered = 0; answered < 1000; answered++) {
    expect((await connection.answer()).status).toBe(200)
  }
  await eventually(() => repository.beats).toBe(COUNT)
})

test('lists of one connection are worked on one after the other', async () => {
  const { repository, server, mayGoOn } = await waitingRegistry()
  await using _server = server
  await using connection = await RawConnection.open(server.baseUrl)
  connection.send(LIST.repeat(20))
  await eventually(() => repository.lists).toBe(1)
  await server.readers()
  expect(repository.lists).toBe(1)
  mayGoOn.resolve()
  for (let answered = 0; answered < 20; answered++) {
    expect((await connection.answer()).status).toBe(200)
  }
})

test('what a client that hangs up had pipelined leaves nothing behind', async () => {
  const { repository, server, mayGoOn } = await waitingRegistry()
  await using _server = server
  const connection = await RawConnection.open(server.baseUrl)
  const batch = JSON.stringify({ agent_ids: ['a'] }).padEnd(1024 * 1024, ' ')
  connection.send(post('/agents/heartbeats', batch).repeat(3))
  await eventually(() => repository.beats).toBe(3)
  const occupied = () => server.metric('rollcall_http_body_bytes')
  expect(await occupied()).toBe(3 * 1024 * 1024)
  await connection[Symbol.asyncDispose]()
  await eventually(occupied).toBe(0)
  mayGoOn.resolve()
})

test('as many streams are open as the setting says, and the next is refused', async () => {
  await using server = new AgentRegistryServer('memory:', { maxStreams: 2 })
  const baseUrl = await server.listen({ port: 0 })
  await using first = await RawConnection.open(baseUrl)
  await using second = await RawConnection.open(baseUrl)
  for (const connection of [first, second]) {
    connection.send(STREAM)
    expect((await connection.answer()).status).toBe(200)
  }
  const headers = { accept: 'text/event-stream' }
  const refused = await fetch(`${baseUrl}/events`, { headers })
  expect(refused.status).toBe(503)
  expect(refused.headers.get('retry-after')).toBe('1')
  expect(await refused.json()).toMatchObject({ code: 'OVERLOADED' })
  await first[Symbol.asyncDispose]()
  await eventually(async () => {
    const controller = new AbortController()
    const { status } = await fetch(`${baseUrl}/events`, { headers, signal: controller.signal })
    controller.abort()
    return status
  }).toBe(200)
})
