// Unfinished bodies use a bounded amount of memory, and do not block the small bodies of agents.
import { AgentRegistryServer, MemoryAgentRegistryRepository } from '@rollcall/server'
import { describe, expect, test } from 'vitest'
import { eventually } from '../../../../test/http/support/eventually.ts'
import { parsePrometheusText, sampleValue } from '../../../../test/http/support/prometheus-text.ts'
import { RawConnection } from '../../../../test/http/support/raw-connection.ts'

const MIB = 1024 * 1024
const BODY_LIMIT = 4 * MIB
/** The limits of large and small bodies together. */
const ALL_BODIES = 80 * MIB

const head = (path: string, framing: string) =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${framing}\r\n\r\n`

const bodyBytes = async (baseUrl: string) =>
  sampleValue(
    parsePrometheusText(await (await fetch(`${baseUrl}/metrics`)).text()),
    'rollcall_http_body_bytes',
    {},
  )

const REGISTRATION = { agent_id: 'small', agent_name: 'Small', host: 'h', port: 1 }

/** Registers an agent with a body in two chunks. */
async function registerInChunks(baseUrl: string, metadata = {}): Promise<number> {
  await using connection = await RawConnection.open(baseUrl)
  const body = JSON.stringify({ ...REGISTRATION, metadata })
  connection.send(
    `${head('/agents/register', `Content-Length: ${body.length}`)}${body.slice(0, 9)}`,
  )
  // Waits until the registry has read the first chunk: other connections are read after this one.
  await (await fetch(`${baseUrl}/health/live`)).text()
  connection.send(body.slice(9))
  return (await connection.answer()).status
}

/** Opens connections, each with a large body that lacks its last byte. */
async function unfinished(baseUrl: string, count: number): Promise<RawConnection[]> {
  const incomplete = Buffer.alloc(BODY_LIMIT - 1, ' ')
  return await Promise.all(
    Array.from({ length: count }, async () => {
      const connection = await RawConnection.open(baseUrl)
      connection.send(head('/agents/heartbeats', `Content-Length: ${BODY_LIMIT}`))
      connection.send(incomplete)
      return connection
    }),
  )
}

async function closeAll(connections: readonly RawConnection[]): Promise<void> {
  for (const connection of connections) await connection[Symbol.asyncDispose]()
}

test('bodies that never end use at most their memory limit, and heartbeats succeed', async () => {
  await using server = new AgentRegistryServer('memory:')
  const baseUrl = await server.listen({ port: 0 })
  let peak = 0
  const connections = await unfinished(baseUrl, 40)
  const closed = () => connections.filter(({ isClosed }) => isClosed).length
  await eventually(async () => {
    peak = Math.max(peak, await bodyBytes(baseUrl))
    return closed()
  }).toBeGreaterThanOrEqual(24)
  expect(peak).toBeGreaterThan(8 * MIB)
  expect(peak).toBeLessThanOrEqual(ALL_BODIES)
  expect(await registerInChunks(baseUrl)).toBe(200)
  const beat = await fetch(`${baseUrl}/agents/small/heartbeat`, { method: 'POST' })
  expect(beat.status).toBe(200)
  await closeAll(connections)
  await eventually(() => bodyBytes(baseUrl)).toBe(0)
})

/** A store whose batches of heartbeats block until a test releases them. */
class WaitingRepository extends MemoryAgentRegistryRepository {
  waiting = 0
  readonly released = Promise.withResolvers<void>()

  override async updateHeartbeats() {
    this.waiting++
    await this.released.promise
    return { ok: 0, unknown: [] }
  }
}

test('bodies being processed count until their response; small ones have separate memory', async () => {
  const repository = new WaitingRepository()
  await using server = new AgentRegistryServer('memory:', { repository })
  const baseUrl = await server.listen({ port: 0 })
  const body = JSON.stringify({ agent_ids: ['a'] }).padEnd(BODY_LIMIT, ' ')
  const post = async () => {
    const headers = { 'content-type': 'application/json' }
    return await fetch(`${baseUrl}/agents/heartbeats`, { method: 'POST', headers, body })
  }
  const sixteen = Array.from({ length: 16 }, post)
  await eventually(() => repository.waiting).toBe(16)
  expect(await bodyBytes(baseUrl)).toBe(16 * BODY_LIMIT)
  await using connection = await RawConnection.open(baseUrl)
  connection.send(head('/agents/heartbeats', `Content-Length: ${BODY_LIMIT}`))
  connection.send(body.slice(0, MIB))
  const rejected = await connection.answer()
  expect(rejected.status).toBe(503)
  expect(JSON.parse(rejected.body.toString())).toMatchObject({ code: 'OVERLOADED' })
  expect(rejected.headers.get('retry-after')).toBe('1')
  await connection.whenClosed()
  expect(await registerInChunks(baseUrl)).toBe(200)
  repository.released.resolve()
  expect((await Promise.all(sixteen)).map(({ status }) => status)).toEqual(Array(16).fill(200))
  await eventually(() => bodyBytes(baseUrl)).toBe(0)
})

describe('the rate of a body', () => {
  /** A registry without a request timeout, so that only the minimum rate applies. */
  async function registryWithoutTimeout() {
    const server = new AgentRegistryServer('memory:')
    server.createApp().server.requestTimeout = 0
    return { server, baseUrl: await server.listen({ port: 0 }) }
  }

  test.concurrent('has a minimum for a large one', async () => {
    const { server, baseUrl } = await registryWithoutTimeout()
    await using _server = server
    await using connection = await RawConnection.open(baseUrl)
    connection.send(head('/agents/heartbeats', `Content-Length: ${BODY_LIMIT}`))
    connection.send(Buffer.alloc(MIB, ' '))
    const response = await connection.answer({ timeoutMs: 30_000 })
    expect(JSON.parse(response.body.toString())).toMatchObject({
      status: 408,
      code: 'REQUEST_TIMEOUT',
    })
    await connection.whenClosed()
    expect(await bodyBytes(baseUrl)).toBe(0)
  })

  test.concurrent('has no minimum for a small one', async () => {
    const { server, baseUrl } = await registryWithoutTimeout()
    await using _server = server
    await using connection = await RawConnection.open(baseUrl)
    const body = JSON.stringify(REGISTRATION).padEnd(60_000, ' ')
    connection.send(head('/agents/register', `Content-Length: ${body.length}`))
    connection.send(body.slice(0, 50_000))
    // Waits until a large one that began later was rejected.
    await using large = await RawConnection.open(baseUrl)
    large.send(head('/agents/heartbeats', `Content-Length: ${BODY_LIMIT}`))
    large.send(Buffer.alloc(MIB, ' '))
    expect((await large.answer({ timeoutMs: 30_000 })).status).toBe(408)
    connection.send(body.slice(50_000))
    expect((await connection.answer()).status).toBe(200)
  })
})

test('the memory of a body is freed when its client disconnects', async () => {
  await using server = new AgentRegistryServer('memory:')
  server.createApp().server.requestTimeout = 0
  const baseUrl = await server.listen({ port: 0 })
  const connection = await RawConnection.open(baseUrl)
  connection.send(head('/agents/register', 'Content-Length: 60000'))
  connection.send(Buffer.alloc(50_000, ' '))
  // Small bodies have no minimum rate, and here no timeout: nothing else frees them.
  await eventually(() => bodyBytes(baseUrl)).toBeGreaterThan(0)
  await connection[Symbol.asyncDispose]()
  await eventually(() => bodyBytes(baseUrl)).toBe(0)
})

test('a body in chunks of one byte is read correctly', async () => {
  await using server = new AgentRegistryServer('memory:')
  const baseUrl = await server.listen({ port: 0 })
  await using connection = await RawConnection.open(baseUrl)
  const metadata = { notes: 'äöü'.repeat(1000) }
  const body = Buffer.from(JSON.stringify({ ...REGISTRATION, metadata }))
  connection.send(head('/agents/register', 'Transfer-Encoding: chunked'))
  const chunks = [...body].map((byte) => Buffer.from([0x31, 13, 10, byte, 13, 10]))
  connection.send(Buffer.concat([...chunks, Buffer.from('0\r\n\r\n')]))
  const response = await connection.answer()
  expect(JSON.parse(response.body.toString())).toMatchObject({ metadata })
})

/** Records in which iteration ("round") of the event loop each batch was processed. */
class RoundCountingRepository extends MemoryAgentRegistryRepository {
  readonly rounds: number[] = []
  #round = 0
  #isOver = false

  count(): void {
    this.#round++
    if (!this.#isOver) setImmediate(() => this.count())
  }

  override async updateHeartbeats() {
    this.rounds.push(this.#round)
    return { ok: 0, unknown: [] }
  }

  override close(): Promise<void> {
    this.#isOver = true
    return super.close()
  }
}

test('of large bodies that end at the same moment, one is processed per round', async () => {
  await using repository = new RoundCountingRepository()
  await using server = new AgentRegistryServer('memory:', { repository })
  const baseUrl = await server.listen({ port: 0 })
  const agent_ids = Array.from({ length: 10_000 }, (_, at) => `agent-${at}`.padEnd(200, 'x'))
  const body = JSON.stringify({ agent_ids })
  const connections = await Promise.all(
    Array.from({ length: 6 }, async () => {
      const connection = await RawConnection.open(baseUrl)
      connection.send(head('/agents/heartbeats', `Content-Length: ${body.length}`))
      connection.send(body.slice(0, -1))
      return connection
    }),
  )
  await eventually(() => bodyBytes(baseUrl)).toBeGreaterThanOrEqual(6 * (body.length - 1))
  repository.count()
  for (const connection of connections) connection.send(body.slice(-1))
  for (const connection of connections) expect((await connection.answer()).status).toBe(200)
  expect(new Set(repository.rounds).size).toBe(6)
  await closeAll(connections)
})
