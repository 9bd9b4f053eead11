// Changes of maintenance whose node has died, and those whose node is still going on.
import { expect, test } from 'vitest'
import { databasePerTest } from '../../../../../test/postgres/support/database-per-test.ts'
import { queryOnce } from '../../../../../test/postgres/support/postgres-client.ts'
import { PostgresDatabase } from '../../../src/storage/postgres/connections/database.ts'
import { parsePostgresUrl } from '../../../src/storage/postgres/connections/target.ts'
import { WriteProbe } from '../../../src/storage/postgres/connections/write-probe.ts'
import { ChangeCompletion } from '../../../src/storage/postgres/maintenance/change-completion.ts'
import { EntriesCache } from '../../../src/storage/postgres/maintenance/entries-cache.ts'
import {
  finished,
  type UnfinishedChange,
  unfinishedChanges,
} from '../../../src/storage/postgres/maintenance/unfinished-changes.ts'
import { PostgresAgentRegistryRepository } from '../../../src/storage/postgres/repository.ts'
import { TransitionWriter } from '../../../src/storage/postgres/transitions/transition-writer.ts'
import { registration } from '../sample-registration.ts'

const database = databasePerTest()

/** Three pages. */
const IDS = Array.from({ length: 1200 }, (_, index) => `team:${String(index).padStart(4, '0')}`)
const SET = `SELECT rollcall.set_maintenance(NULL, 'team:*', 'upgrade', 'ann')`

/** A fleet in which an entry is committed that no agent follows yet, and two nodes that can make them follow. */
class InterruptedChange implements AsyncDisposable {
  readonly node: PostgresAgentRegistryRepository
  readonly database: PostgresDatabase
  readonly #probe: WriteProbe
  readonly #transitions: TransitionWriter
  readonly completion: ChangeCompletion

  private constructor(node: PostgresAgentRegistryRepository) {
    this.node = node
    this.database = new PostgresDatabase({
      target: parsePostgresUrl(database.url),
      schema: 'rollcall',
      clock: undefined,
    })
    this.#probe = new WriteProbe(this.database)
    const entries = new EntriesCache(this.database)
    const parts = { database: this.database, entries }
    const listener = { committed: async () => undefined }
    this.#transitions = new TransitionWriter({ ...parts, listener, probe: this.#probe })
    this.completion = new ChangeCompletion({ ...parts, transitions: this.#transitions })
  }

  static async begin(): Promise<InterruptedChange> {
    const node = await PostgresAgentRegistryRepository.open(database.url)
    await Promise.all(IDS.map((agentId) => node.add(registration({ agentId }))))
    await queryOnce(database.url, SET)
    return new InterruptedChange(node)
  }

  /** Makes agents follow, as the node does that has begun the change. */
  async follow(ids: readonly string[]): Promise<void> {
    await this.#transitions.write(ids.map((agentId) => ({ event: 'maintain', agentId }) as const))
  }

  async draining(): Promise<number> {
    const pages = await Array.fromAsync(this.node.listAll({ statuses: ['draining'] }))
    return pages.flat().length
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.node.close()
    await this.#probe.close()
    await this.database.close()
  }
}

async function unfinished(): Promise<number> {
  return (await queryOnce(database.url, 'SELECT FROM rollcall.maintenance_changes')).length
}

test('a change that goes on between two looks is left to its node', async () => {
  await using change = await InterruptedChange.begin()
  const { completion } = change
  expect(await completion.continue()).toBe(false)
  await change.follow(IDS.slice(0, 100))
  expect(await completion.continue()).toBe(false)
  await change.follow(IDS.slice(100, 700))
  // The first page follows: the look goes on with the second one at once.
  expect(await completion.continue()).toBe(true)
  expect(await completion.continue()).toBe(false)
  expect(await change.draining()).toBe(700)
})

test('a change that stands still between two looks is completed, page by page', async () => {
  await using change = await InterruptedChange.begin()
  const { completion } = change
  await change.follow(IDS.slice(0, 100))
  expect(await completion.continue()).toBe(false)
  const drained: number[] = []
  while (await completion.continue()) drained.push(await change.draining())
  expect(drained).toEqual([500, 1000])
  expect(await change.draining()).toBe(1200)
  expect(await unfinished()).toBe(0)
})

test('a change that all agents follow is recorded as finished', async () => {
  await using change = await InterruptedChange.begin()
  await change.follow(IDS)
  while (await change.completion.continue());
  expect(await unfinished()).toBe(1)
  while (await change.completion.continue());
  expect(await unfinished()).toBe(0)
})

test('the end of an older change leaves the newer one of the same entry', async () => {
  await using change = await InterruptedChange.begin()
  const [older] = await unfinishedChanges(change.database)
  await queryOnce(database.url, SET.replace('upgrade', 'repair'))
  await finished(change.database, older as UnfinishedChange)
  expect(await unfinished()).toBe(1)
})

test('an entry that changes again meanwhile is looked at anew', async () => {
  await using change = await InterruptedChange.begin()
  const { completion, node } = change
  expect(await completion.continue()).toBe(false)
  await queryOnce(database.url, SET.replace('upgrade', 'repair'))
  // What the look before has seen belongs to the other version.
  expect(await completion.continue()).toBe(false)
  expect(await change.draining()).toBe(0)
  while (await completion.continue());
  expect(await node.get(IDS[0] ?? '')).toMatchObject({ maintenance: { reason: 'repair' } })
  expect(await unfinished()).toBe(0)
})
