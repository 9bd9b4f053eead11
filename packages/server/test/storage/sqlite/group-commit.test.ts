import Database from 'better-sqlite3'
import { describe, expect, test } from 'vitest'
import { TemporaryFolder } from '../../../../../test/e2e/support/temporary-folder.ts'
import { SqliteAgentRegistryRepository, type Transition } from '../../../src/index.ts'
import { ManualClock } from '../../../src/testing/index.ts'
import { registration } from '../sample-registration.ts'

const nthAgent = (index: number) => registration({ agentId: `agent-${index}` })
const many = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index))
const nextTurn = () => new Promise((resolve) => setImmediate(resolve))

function countRows(path: string): unknown {
  const db = new Database(path, { readonly: true })
  try {
    return db.prepare('SELECT count(*) FROM agents').pluck().get()
  } finally {
    db.close()
  }
}

describe('a group commit', () => {
  test('includes all changes that arrive in one turn of the event loop', async () => {
    using folder = new TemporaryFolder()
    await using repository = await SqliteAgentRegistryRepository.open(folder.file('agents.db'))
    await Promise.all(many(500, (index) => repository.add(nthAgent(index))))
    expect(repository.statistics().commits).toBeLessThanOrEqual(2)
    await Promise.all(many(500, (index) => repository.delete(`agent-${index}`)))
    expect(repository.statistics().commits).toBeLessThanOrEqual(4)
    expect(await repository.counts()).toMatchObject({ registered: 0, revision: 1_000 })
  })

  test('assigns revisions in the order of the calls', async () => {
    using folder = new TemporaryFolder()
    await using repository = await SqliteAgentRegistryRepository.open(folder.file('agents.db'))
    const adding = []
    for (let index = 0; index < 100; index++) {
      adding.push(repository.add(nthAgent(index)))
      if (index % 7 === 0) await nextTurn()
    }
    const revisions = (await Promise.all(adding)).map(({ revision }) => revision)
    expect(revisions).toEqual(many(100, (index) => index + 1))
  })

  test('is not visible before it is durable, and completely visible once it is published', async () => {
    using folder = new TemporaryFolder()
    const path = folder.file('agents.db')
    await using repository = await SqliteAgentRegistryRepository.open(path)
    const received: Transition[] = []
    repository.subscribe((transitions) => received.push(...transitions))
    let done = false
    const adding = repository.add(registration()).then((agent) => {
      done = true
      expect(countRows(path)).toBe(1)
      return agent
    })
    let reads = 0
    for (; !done; reads++) {
      expect(await repository.get('scout')).toBeUndefined()
      expect(await repository.updateHeartbeat('scout')).toBeUndefined()
      expect(await repository.counts()).toMatchObject({ registered: 0, revision: 0 })
      expect(received).toEqual([])
      const listed = await Array.fromAsync(repository.listAll())
      // A list may take a turn or two, in which the commit may complete.
      if (received.length === 0) expect(listed).toEqual([])
      await nextTurn()
    }
    expect(reads).toBeGreaterThan(1)
    expect(await repository.get('scout')).toEqual(await adding)
    expect(received).toMatchObject([{ revision: 1 }])
  })

  test('keeps an agent visible until its deregistration is durable', async () => {
    using folder = new TemporaryFolder()
    const path = folder.file('agents.db')
    await using repository = await SqliteAgentRegistryRepository.open(path)
    await repository.add(registration())
    let done = false
    const deleting = repository.delete('scout').then(() => {
      done = true
      expect(countRows(path)).toBe(0)
    })
    for (; !done; await nextTurn()) expect(await repository.get('scout')).toBeDefined()
    await deleting
    expect(await repository.get('scout')).toBeUndefined()
  })

  test('is not affected by an invalid registration', async () => {
    using folder = new TemporaryFolder()
    await using repository = await SqliteAgentRegistryRepository.open(folder.file('agents.db'))
    const outcomes = await Promise.allSettled([
      repository.add(nthAgent(1)),
      repository.add({ ...nthAgent(2), metadata: 'no JSON' }),
      repository.add(nthAgent(3)),
    ])
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(await repository.counts()).toMatchObject({ registered: 2, revision: 2 })
  })
})

describe('a group commit that fails', () => {
  test('has no effect, nor do those after it, and the store recovers by itself', async () => {
    using folder = new TemporaryFolder()
    const path = folder.file('agents.db')
    const clock = new ManualClock()
    await using repository = await SqliteAgentRegistryRepository.open(path, { clock })
    await repository.add(nthAgent(0))
    await repository.add({ ...nthAgent(1), ttlSeconds: 1 })
    clock.advance(1_000)
    const received: Transition[] = []
    repository.subscribe((transitions) => received.push(...transitions))

    // Another program that holds the write lock for longer than the registry waits.
    const blocker = new Database(path)
    blocker.exec('BEGIN IMMEDIATE')
    const first = repository.add(nthAgent(2))
    const changed = repository.updateHeartbeat('agent-0', { status: 'busy' })
    const swept = repository.expireLapsed()
    await nextTurn()
    const second = repository.add(nthAgent(3))
    const outcomes = await Promise.allSettled([first, changed, swept, second])
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ reason: { code: 'STORAGE_UNAVAILABLE' } })
    }
    expect(await repository.counts()).toMatchObject({
      registered: 2,
      alive: 1,
      revision: 2,
      lapsePending: true,
    })
    expect(await repository.get('agent-0')).toMatchObject({ status: 'ready', revision: 1 })
    await expect(repository.checkWritable()).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
    expect(await repository.updateHeartbeat('agent-0', { load: 1 })).toMatchObject({ revision: 1 })
    expect(repository.statistics().failures).toBeGreaterThan(0)

    blocker.exec('ROLLBACK')
    blocker.close()
    expect(await repository.add(nthAgent(4))).toMatchObject({ revision: 3 })
    await repository.checkWritable()
    expect(await repository.expireLapsed()).toEqual({ expired: 1, more: false })
    // A retry succeeds as if it were the first attempt.
    expect(await repository.add(nthAgent(2))).toMatchObject({ revision: 5 })
    await repository.updateHeartbeat('agent-0', { status: 'busy' })
    expect(received).toMatchObject([
      { revision: 3, type: 'registered', agentId: 'agent-4' },
      { revision: 4, type: 'expired', agentId: 'agent-1' },
      { revision: 5, type: 'registered', agentId: 'agent-2' },
      { revision: 6, type: 'updated', agentId: 'agent-0' },
    ])
    expect(await repository.eventsSince(2)).toEqual(received)
  })
})
