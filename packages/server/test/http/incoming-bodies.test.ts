// What clients send and never finish occupies a bounded amount of memory, and the small bodies of
// agents go through meanwhile.
import { AgentRegistryServer, MemoryAgentRegistryRepository } from '@rollcall/server'
import { describe, expect, test } from 'vitest'
import { eventually } from '../../../../test/http/support/eventually.ts'
import { parsePrometheusText, sampleValue } from '../../../../test/http/support/prometheus-text.ts'
import { RawConnection } from '../../../../test/http/support/raw-connection.ts'

const MIB = 1024 * 1024
const BODY_LIMIT = 4 * MIB
/** Of large and of small bodies together. */
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

/** Registers an agent with a body in two pieces. */
async function registerInPieces(baseUrl: string, metadata = {}): Promise<number> {
  await using connection = await RawConnection.open(baseUrl)
  const body = JSON.stringify({ ...REGISTRATION, metadata })
  connection.send(
    `${head('/agents/register', `Content-Length: ${body.length}`)}${body.slice(0, 9)}`,
  )
  // Until the registry has read that: other connections are read after this one.
  await (await fetch(`${baseUrl}/health/live`)).text()
  connection.send(body.slice(9))
  return (await connection.answer()).status
}

/** Opens connections with a large body each that lacks its last byte. */
async function unfinished(baseUrl: string, count: number): Promise<RawConnection[]> {
  const most = Buffer.alloc(BODY_LIMIT - 1, ' ')
  return await Promise.all(
    Array.from({ length: count }, async () => {
      const connection = await RawConnection.open(baseUrl)
      connection.send(head('/agents/heartbeats', `Content-Length: ${BODY_LIMIT}`))
      connection.send(most)
      return connection
    }),
  )
}

async function closeAll(connections: readonly RawConnection[]): Promise<void> {
  for (const connection of connections) await connection[Symbol.asyncDispose]()
}

test('bodies that never end occupy no more than their limit, and heartbeats go through', async () => {
  await using server = new AgentRegistryServer('memory:')
  const baseUrl = await server.listen({ port: 0 })
  let most = 0
  const crowd = await unfinished(baseUrl, 40)
  const closed = () => crowd.filter(({ isClosed }) => isClosed).length
  await eventually(async () => {
    most = Math.max(most, await bodyBytes(baseUrl))
    return closed()
  }).toBeGreaterThanOrEqual(24)
  expect(most).toBeGreaterThan(8 * MIB)
  expect(most).toBeLessThanOrEqual(ALL_BODIES)
  expect(await registerInPieces(baseUrl)).toBe(200)
  const beat = await fetch(`${baseUrl}/agents/small/heartbeat`, { method: 'POST' })
  expect(beat.status).toBe(200)
  await closeAll(crowd)
  await eventually(() => bodyBytes(baseUrl)).toBe(0)
})

/** A store whose batches of heartbeats wait until a test lets them go on. */
class WaitingRepository extends MemoryAgentRegistryRepository {
  waiting = 0
  readonly mayGoOn = Promise.withResolvers<void>()

  override async updateHeartbeats() {
    this.waiting++
    await this.mayGoOn.promise
    return { ok: 0, unknown: [] }
  }
}

test('bodies that are worked on count until they are answered; small ones have room beside', async () => {
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
  const refused = await connection.answer()
  expect(refused.status).toBe(503)
  expect(JSON.parse(refused.body.toString())).toMatchObject({ code: 'OVERLOADED' })
  expect(refused.headers.get('retry-after')).toBe('1')
  await connection.whenClosed()
  expect(await registerInPieces(baseUrl)).toBe(200)
  repository.mayGoOn.resolve()
  expect((await Promise.all(sixteen)).map(({ status }) => status)).toEqual(Array(16).fill(200))
  await eventually(() => bodyBytes(baseUrl)).toBe(0)
})

describe('the rate of a body', () => {
  /** A registry whose requests may take for ever, so that only the rate ends them. */
  async function patientRegistry() {
    const server = new AgentRegistryServer('memory:')
    server.createApp().server.requestTimeout = 0
    return { server, baseUrl: await server.listen({ port: 0 }) }
  }

  test.concurrent('of a large one has a least value', async () => {
    const { server, baseUrl } = await patientRegistry()
    await using _server = server
    await using connection = await RawConnection.open(baseUrl)
    connection.send(head('/agents/heartbeats', `Content-Length: ${BODY_LIMIT}`))
    connection.send(Buffer.alloc(MIB, ' '))
    const answer = await connection.answer({ timeoutMs: 30_000 })
    expect(JSON.parse(answer.body.toString())).toMatchObject({
      status: 408,
      code: 'REQUEST_TIMEOUT',
    })
    await connection.whenClosed()
    expect(await bodyBytes(baseUrl)).toBe(0)
  })

  test.concurrent('of a small one has none', async () => {
    const { server, baseUrl } = await patientRegistry()
    await using _server = server
    await using connection = await RawConnection.open(baseUrl)
    const body = JSON.stringify(REGISTRATION).padEnd(60_000, ' ')
    connection.send(head('/agents/register', `Content-Length: ${body.length}`))
    connection.send(body.slice(0, 50_000))
    // Until a large one that began later was cut off.
    await using large = await RawConnection.open(baseUrl)
    large.send(head('/agents/heartbeats', `Content-Length: ${BODY_LIMIT}`))
    large.send(Buffer.alloc(MIB, ' '))
    expect((await large.answer({ timeoutMs: 30_000 })).status).toBe(408)
    connection.send(body.slice(50_000))
    expect((await connection.answer()).status).toBe(200)
  })
})

test('a client that hangs up in the middle of a body leaves nothing behind', async () => {
  await using server = new AgentRegistryServer('memory:')
  server.createApp().server.requestTimeout = 0
  const baseUrl = await server.listen({ port: 0 })
  const connection = await RawConnection.open(baseUrl)
  connection.send(head('/agents/register', 'Content-Length: 60000'))
  connection.send(Buffer.alloc(50_000, ' '))
  // Small ones keep to no rate, and here to no time: nothing else frees them.
  await eventually(() => bodyBytes(baseUrl)).toBeGreaterThan(0)
  await connection[Symbol.asyncDispose]()
  await eventually(() => bodyBytes(baseUrl)).toBe(0)
})

test('a body in pieces of one byte is read as it was sent', async () => {
  await using server = new AgentRegistryServer('memory:')
  const baseUrl = await server.listen({ port: 0 })
  await using connection = await RawConnection.open(baseUrl)
  const metadata = { notes: 'äöü'.repeat(1000) }
  const body = Buffer.from(JSON.stringify({ ...REGISTRATION, metadata }))
  connection.send(head('/agents/register', 'Transfer-Encoding: chunked'))
  const pieces = [...body].map((byte) => Buffer.from([0x31, 13, 10, byte, 13, 10]))
  connection.send(Buffer.concat([...pieces, Buffer.from('0\r\n\r\n')]))
  const answer = await connection.answer()
  expect(JSON.parse(answer.body.toString())).toMatchObject({ metadata })
})

/** Notes in which round of the event loop each batch came. */
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

test('of large bodies that end at the same moment, one is worked on in a round', async () => {
  await using repository = new RoundCountingRepository()
  await using server = new AgentRegistryServer('memory:', { repository })
  const baseUrl = await server.listen({ port: 0 })
  const agent_ids = Array.from({ length: 10_000 }, (_, at) => `agent-${at}`.padEnd(200, 'x'))
  const body = JSON.stringify({ agent_ids })
  const crowd = await Promise.all(
    Array.from({ length: 6 }, async () => {
      const connection = await RawConnection.open(baseUrl)
      connection.send(head('/agents/heartbeats', `Content-Length: ${body.length}`))
      connection.send(body.slice(0, -1))
      return connection
    }),
  )
  await eventually(() => bodyBytes(baseUrl)).toBeGreaterThanOrEqual(6 * (body.length - 1))
  repository.count()
  for (const connection of crowd) connection.send(body.slice(-1))
  for (const connection of crowd) expect((await connection.answer()).status).toBe(200)
  expect(new Set(repository.rounds).size).toBe(6)
  await closeAll(crowd)
})
