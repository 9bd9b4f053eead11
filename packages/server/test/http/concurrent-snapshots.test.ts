// Thousands of streams may start at once, but only a few pages of them are in memory.
import { MemoryAgentRegistryRepository } from '@rollcall/server'
import { expect, test } from 'vitest'
import { registerMany } from '../../../../test/http/support/bulk-requests.ts'
import { eventually } from '../../../../test/http/support/eventually.ts'
import { PausingReader } from './support/pausing-reader.ts'
import { StreamingServer } from './support/streaming-server.ts'

const AGENTS = 3000
const MAX_LISTS = 8

/** Counts the lists in flight. */
class ListCountingRepository extends MemoryAgentRegistryRepository {
  peak = 0
  begun = 0
  #running = 0
  /** Lists wait for this before they start. */
  gate: Promise<void> = Promise.resolve()

  override async *listAll(...args: Parameters<MemoryAgentRegistryRepository['listAll']>) {
    this.begun++
    this.#running++
    this.peak = Math.max(this.peak, this.#running)
    try {
      await this.gate
      yield* super.listAll(...args)
    } finally {
      this.#running--
    }
  }
}

async function startWithAgents(): Promise<{
  server: StreamingServer
  repository: ListCountingRepository
}> {
  const repository = new ListCountingRepository()
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
  expect(repository.peak).toBeGreaterThan(1)
  expect(repository.peak).toBeLessThanOrEqual(MAX_LISTS)
})

test('readers that read nothing do not block others, and resume where they were', async () => {
  const { server, repository } = await startWithAgents()
  await using _server = server
  const slow = Array.from(
    { length: MAX_LISTS + 2 },
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

test('nothing is read for clients that disconnected while waiting for a slot', async () => {
  const { server, repository } = await startWithAgents()
  await using _server = server
  const { promise, resolve: open } = Promise.withResolvers<void>()
  repository.gate = promise
  const reading = Array.from(
    { length: MAX_LISTS },
    () => new PausingReader(server.baseUrl, 'snapshot=true'),
  )
  await eventually(() => repository.begun).toBe(MAX_LISTS)
  const waiting = Array.from(
    { length: 20 },
    () => new PausingReader(server.baseUrl, 'snapshot=true'),
  )
  await eventually(() => server.openConnections).toBeGreaterThanOrEqual(MAX_LISTS + waiting.length)
  for (const reader of waiting) reader[Symbol.dispose]()
  await eventually(() => server.openConnections).toBeLessThan(MAX_LISTS + waiting.length)
  for (const reader of reading) reader[Symbol.dispose]()
  // All have disconnected; the remaining connections belong to other requests of this test.
  await eventually(() => server.openConnections).toBeLessThan(MAX_LISTS)
  open()
  using healthy = new PausingReader(server.baseUrl, 'snapshot=true&capability=none')
  await eventually(() => healthy.last?.type).toBe('synced')
  expect(repository.begun).toBe(MAX_LISTS + 1)
})
