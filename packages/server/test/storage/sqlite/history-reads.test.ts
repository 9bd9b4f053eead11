// The history is read on a separate thread: no write waits for a read, and reads are bounded.
import { copyFileSync, renameSync } from 'node:fs'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { TemporaryFolder } from '../../../../../test/e2e/support/temporary-folder.ts'
import { SqliteAgentRegistryRepository } from '../../../src/index.ts'
import { SERVER_LIMITS } from '../../../src/limits/server-limits.ts'
import { SqliteHistoryReads } from '../../../src/storage/sqlite/threads/history-reads.ts'
import { registration } from '../sample-registration.ts'

const LIMIT = SERVER_LIMITS.historyReadsWaiting.value
const NOTHING = { oldest: null, rows: [], isTruncated: false }
const REQUEST = {
  kind: 'eventsSince',
  revision: 0,
  limit: 1,
  firstKept: 1,
  notBeforeMs: 0,
  lastVisible: 9,
} as const

describe('a registry with a history that is only in its file', () => {
  let folder: TemporaryFolder
  let store: SqliteAgentRegistryRepository
  const transitions = 3_000

  beforeEach(async () => {
    folder = new TemporaryFolder()
    const path = folder.file('a.db')
    store = await SqliteAgentRegistryRepository.open(path)
    const metadata = { filler: 'x'.repeat(3_900) }
    for (let port = 1; port <= transitions; port++) {
      const adding = store.add(registration({ port, metadata }))
      if (port % 500 === 0) await adding
    }
    await store.close()
    store = await SqliteAgentRegistryRepository.open(path)
  })
  afterEach(async () => {
    await store.close()
    await folder[Symbol.dispose]()
  })

  test('completes a registration before earlier reads, which take many times as long', async () => {
    const controller = new AbortController()
    const { signal } = controller
    const reads = Array.from({ length: LIMIT }, () => store.eventsSince(0, transitions, { signal }))
    const reading = Promise.all(reads).then(() => 'reads')
    const adding = store.add(registration({ agentId: 'other' })).then(() => 'registration')
    expect(await Promise.race([reading, adding])).toBe('registration')
    controller.abort(new Error('enough'))
    await expect(reading).rejects.toThrow('enough')
  })

  test('reads pages larger than one slice completely and in order', async () => {
    const revisions = Array.from({ length: transitions }, (_, index) => index + 1)
    const events = await store.eventsSince(0, 10_000)
    expect(events.map(({ revision }) => revision)).toEqual(revisions)
    const history = await store.historyOf('scout', { limit: 1_000 })
    expect(history.map(({ revision }) => revision)).toEqual(revisions.slice(-1_000))
    const before = await store.historyOf('scout', { limit: 1_000, before: 1_501 })
    expect(before.map(({ revision }) => revision)).toEqual(revisions.slice(500, 1_500))
  })

  test('includes everything in a read that was acknowledged before it', async () => {
    for (let turn = 1; turn <= 100; turn++) {
      const { revision } = await store.add(registration({ port: 5_000 + turn }))
      expect((await store.historyOf('scout', { limit: 1 })).at(-1)).toMatchObject({ revision })
      const [event] = await store.eventsSince(revision - 1, 1)
      expect(event).toMatchObject({ revision })
    }
  })

  test('leaves no transaction open between two reads, so that the log can be emptied', async () => {
    await store.add(registration({ agentId: 'other' }))
    await store.eventsSince(0, 1)
    await store.historyOf('scout', { limit: 1 })
    const tool = new Database(folder.file('a.db'))
    expect(tool.pragma('wal_checkpoint(TRUNCATE)')).toMatchObject([{ busy: 0, log: 0 }])
    tool.close()
  })

  test('refuses reads beyond the limit, and accepts reads again afterwards', async () => {
    const reads = Array.from({ length: LIMIT }, () => store.eventsSince(0, 1))
    await expect(store.historyOf('scout')).rejects.toMatchObject({ code: 'OVERLOADED' })
    expect(await Promise.all(reads)).toHaveLength(LIMIT)
    expect(await store.historyOf('scout', { limit: 3 })).toHaveLength(3)
  })

  test('drops aborted reads, whether they are waiting or running', async () => {
    const controller = new AbortController()
    const { signal } = controller
    const reads = Array.from({ length: 20 }, () => store.eventsSince(0, transitions, { signal }))
    controller.abort(new Error('given up'))
    for (const read of await Promise.allSettled(reads)) {
      expect(read).toMatchObject({ reason: { message: 'given up' } })
    }
    await expect(store.historyOf('scout', { signal })).rejects.toThrow('given up')
  })
})

describe('reads of the history', () => {
  test('run one slice at a time, and not at all if they are aborted while waiting', async () => {
    const started: number[] = []
    const turns: (() => void)[] = []
    const reads = new SqliteHistoryReads(async ({ limit }) => {
      started.push(limit)
      await new Promise<void>((resolve) => turns.push(resolve))
      return NOTHING
    })
    const controller = new AbortController()
    const read = (limit: number, signal?: AbortSignal) =>
      reads.run((slice) => slice({ ...REQUEST, limit }), signal)
    const first = read(1)
    const second = read(2, controller.signal)
    const third = read(3)
    controller.abort(new Error('aborted'))
    await expect(second).rejects.toThrow('aborted')
    turns[0]?.()
    await first
    turns[1]?.()
    await third
    expect(started).toEqual([1, 3])
    const lateController = new AbortController()
    const fourth = read(4, lateController.signal)
    lateController.abort(new Error('aborted meanwhile'))
    turns[2]?.()
    await expect(fourth).rejects.toThrow('aborted meanwhile')
  })

  test('of several slices alternate', async () => {
    const order: number[] = []
    const reads = new SqliteHistoryReads(async ({ limit }) => {
      order.push(limit)
      return NOTHING
    })
    const threeSlices = (limit: number) =>
      reads.run(async (slice) => {
        for (let at = 0; at < 3; at++) await slice({ ...REQUEST, limit })
      }, undefined)
    await Promise.all([threeSlices(1), threeSlices(2)])
    expect(order).toEqual([1, 2, 1, 2, 1, 2])
  })

  test('that fail do not block the next one', async () => {
    const reads = new SqliteHistoryReads(async ({ limit }) => {
      if (limit === 1) throw new Error('no disk')
      return NOTHING
    })
    const read = (limit: number) => reads.run((slice) => slice({ ...REQUEST, limit }), undefined)
    const outcomes = await Promise.allSettled([read(1), read(2), read(1), read(2)])
    expect(outcomes.map(({ status }) => status)).toEqual([
      'rejected',
      'fulfilled',
      'rejected',
      'fulfilled',
    ])
  })
})

test('a file that replaced the original is not read', async () => {
  using folder = new TemporaryFolder()
  const path = folder.file('a.db')
  const before = await SqliteAgentRegistryRepository.open(path)
  await before.add(registration())
  await before.close()
  const store = await SqliteAgentRegistryRepository.open(path)
  copyFileSync(path, `${path}.copy`)
  renameSync(`${path}.copy`, path)
  await expect(store.eventsSince(0)).rejects.toMatchObject({
    code: 'STORAGE_UNAVAILABLE',
    message: expect.stringContaining('was replaced'),
  })
  await store.close().catch(() => undefined)
})
