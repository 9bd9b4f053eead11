// Thousands of streams may begin in a moment; what they have read is not all in memory together.
import { MemoryAgentRegistryRepository } from '@rollcall/server'
import { expect, test } from 'vitest'
import { registerMany } from '../../../../test/http/support/bulk-requests.ts'
import { eventually } from '../../../../test/http/support/eventually.ts'
import { PausingReader } from './support/pausing-reader.ts'
import { StreamingServer } from './support/streaming-server.ts'

const AGENTS = 3000
const MOST = 8

/** Knows how many lists are under way. */
class CountedLists extends MemoryAgentRegistryRepository {
  most = 0
  begun = 0
  #running = 0
  /** Lists wait for this before they begin. */
  gate: Promise<void> = Promise.resolve()

  override async *listAll(...args: Parameters<MemoryAgentRegistryRepository['listAll']>) {
    this.begun++
    this.#running++
    this.most = Math.max(this.most, this.#running)
    try {
      await this.gate
      yield* super.listAll(...args)
    } finally {
      this.#running--
    }
  }
}

async function startWithAgents(): Promise<{ server: StreamingServer; repository: CountedLists }> {
  const repository = new CountedLists()
  const server = await StreamingServer.start(repository)
  const agents = Array.from({ length: AGENTS }, (_, index) => ({
    agent_id: `agent-${index}`,
    agent_name: 'A',
    host: '10.0.0.1',
    port: 8000,
    metadata: { text: 'x'.repeat(1000) },
  }))
  await registerMany(server.baseUrl, agents)
  return { server, repository }
}

const snapshotsOf = ({ events }: PausingReader): Set<unknown> =>
  new Set(
    events.filter(({ type }) => type === 'snapshot').map(({ data }) => JSON.parse(data).agent_id),
  )

test('few of many snapshots are read at once, and all are complete', async () => {
  const { server, repository } = await startWithAgents()
  await using _server = server
  const readers = Array.from(
    { length: 30 },
    () => new PausingReader(server.baseUrl, 'snapshot=true'),
  )
  for (const reader of readers) {
    await eventually(() => reader.last?.type).toBe('synced')
    expect(reader.events).toHaveLength(AGENTS + 1)
    expect(snapshotsOf(reader).size).toBe(AGENTS)
    reader[Symbol.dispose]()
  }
  expect(repository.most).toBeGreaterThan(1)
  expect(repository.most).toBeLessThanOrEqual(MOST)
})

test('readers that take nothing keep no others waiting, and go on where they were', async () => {
  const { server, repository } = await startWithAgents()
  await using _server = server
  const slow = Array.from(
    { length: MOST + 2 },
    () => new PausingReader(server.baseUrl, 'snapshot=true'),
  )
  for (const reader of slow) reader.pause()
  await eventually(() => repository.begun).toBeGreaterThanOrEqual(slow.length)
  using healthy = new PausingReader(server.baseUrl, 'snapshot=true')
  await eventually(() => healthy.last?.type).toBe('synced')
  for (const reader of slow) reader.resume()
  for (const reader of slow) {
    await eventually(() => reader.last?.type).toBe('synced')
    expect(reader.events).toHaveLength(AGENTS + 1)
    expect(snapshotsOf(reader).size).toBe(AGENTS)
    reader[Symbol.dispose]()
  }
})

test('for clients that went away while they waited for their turn, nothing is read', async () => {
  const { server, repository } = await startWithAgents()
  await using _server = server
  const { promise, resolve: open } = Promise.withResolvers<void>()
  repository.gate = promise
  const reading = Array.from(
    { length: MOST },
    () => new PausingReader(server.baseUrl, 'snapshot=true'),
  )
  await eventually(() => repository.begun).toBe(MOST)
  const gone = Array.from({ length: 20 }, () => new PausingReader(server.baseUrl, 'snapshot=true'))
  await eventually(() => server.openConnections).toBeGreaterThanOrEqual(MOST + gone.length)
  for (const reader of gone) reader[Symbol.dispose]()
  await eventually(() => server.openConnections).toBeLessThan(MOST + gone.length)
  for (const reader of reading) reader[Symbol.dispose]()
  // All have left; what is open are connections of the requests of this test.
  await eventually(() => server.openConnections).toBeLessThan(MOST)
  open()
  using healthy = new PausingReader(server.baseUrl, 'snapshot=true&capability=none')
  await eventually(() => healthy.last?.type).toBe('synced')
  expect(repository.begun).toBe(MOST + 1)
})
