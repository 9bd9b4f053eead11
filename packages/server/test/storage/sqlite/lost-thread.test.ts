// A writer thread that ends is replaced, and all acknowledged writes are preserved. If it cannot be
// replaced, writes are no longer acknowledged, and the loss is reported.
import { rmSync } from 'node:fs'
import type { Worker } from 'node:worker_threads'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { TemporaryFolder } from '../../../../../test/e2e/support/temporary-folder.ts'
import { type RegistryError, SqliteAgentRegistryRepository } from '../../../src/index.ts'
import { becomes, idsIn } from '../registry-in-folder.ts'
import { registration } from '../sample-registration.ts'

let threads: Worker[] = []
const note = (worker: Worker) => threads.push(worker)

beforeEach(() => {
  threads = []
  process.on('worker', note)
})
afterEach(() => {
  process.off('worker', note)
})

async function openStore(folder: TemporaryFolder) {
  const warnings: string[] = []
  const lost: RegistryError[] = []
  const file = folder.file('a.db')
  const store = await SqliteAgentRegistryRepository.open(file, {
    logger: { warn: (_, message) => warnings.push(message) },
    onStorageLost: (reason) => lost.push(reason),
  })
  await store.add(registration({ agentId: 'first' }))
  const writer = threads.at(-1)
  if (writer === undefined) throw new Error('no thread was started')
  return { file, store, writer, warnings, lost }
}

const nthAgent = (index: number) => registration({ agentId: `agent-${index}` })

test('a thread that ends between two writes is replaced', async () => {
  using folder = new TemporaryFolder()
  const { store, file, writer, warnings } = await openStore(folder)
  await writer.terminate()
  expect(await store.add(registration({ agentId: 'second' }))).toMatchObject({ revision: 2 })
  await store.checkWritable()
  expect(warnings).toEqual([expect.stringContaining('ended and was replaced')])
  await store.close()
  await using reopened = await SqliteAgentRegistryRepository.open(file)
  expect(await idsIn(reopened)).toEqual(['first', 'second'])
})

test('a thread that ends under load neither loses nor repeats acknowledged writes', async () => {
  using folder = new TemporaryFolder()
  const { store, file } = await openStore(folder)
  const outcomes: Promise<unknown>[] = []
  for (let index = 0; index < 4_000; index++) {
    outcomes.push(store.add(nthAgent(index)))
    if (index % 100 === 0) await new Promise(setImmediate)
    // During commits, four times.
    if (index % 1_000 === 500) threads.at(-1)?.terminate()
  }
  expect((await Promise.allSettled(outcomes)).map(({ status }) => status)).toEqual(
    outcomes.map(() => 'fulfilled'),
  )
  expect(threads.length).toBeGreaterThan(1)
  const events = await store.eventsSince(0, 10_000)
  expect(events.map(({ revision }) => revision)).toEqual(
    Array.from({ length: 4_001 }, (_, index) => index + 1),
  )
  const ids = await idsIn(store)
  await store.close()
  await using reopened = await SqliteAgentRegistryRepository.open(file)
  expect(await idsIn(reopened)).toEqual(ids)
  expect(await reopened.counts()).toMatchObject({ registered: 4_001, revision: 4_001 })
})

describe('a thread that ends during a commit', () => {
  /** Another program locks the file until the thread is ending, so its commit never starts. */
  async function endInCommit(folder: TemporaryFolder, end: (db: Database.Database) => void) {
    const opened = await openStore(folder)
    const blocker = new Database(opened.file)
    blocker.exec('BEGIN IMMEDIATE')
    const adding = opened.store.add(registration({ agentId: 'second' }))
    await new Promise(setImmediate)
    const ending = opened.writer.terminate()
    end(blocker)
    blocker.close()
    await ending
    return { ...opened, adding }
  }

  test('leaves it to the next thread if the file does not contain it', async () => {
    using folder = new TemporaryFolder()
    const { store, adding, lost } = await endInCommit(folder, (db) => db.exec('ROLLBACK'))
    expect(await adding).toMatchObject({ revision: 2 })
    expect(await store.add(registration({ agentId: 'third' }))).toMatchObject({ revision: 3 })
    expect(lost).toEqual([])
    await store.close()
  })

  test('has completed it if the file contains it: it is acknowledged and not written again', async () => {
    using folder = new TemporaryFolder()
    const { store, file, adding } = await endInCommit(folder, (db) => {
      db.exec('UPDATE registry SET revision = 2; COMMIT')
    })
    expect(await adding).toMatchObject({ revision: 2 })
    const db = new Database(file, { readonly: true })
    // The thread wrote nothing: only the revision of the file claims that the commit is there.
    expect(db.prepare('SELECT agent_id FROM agents').pluck().all()).toEqual(['first'])
    db.close()
    expect(await store.add(registration({ agentId: 'third' }))).toMatchObject({ revision: 3 })
    await store.close()
  })
})

test.each<[string, RegExp, (file: string) => void]>([
  ['was deleted', /no longer exists/, (file) => rmSync(file)],
  [
    'lacks acknowledged writes',
    /the file ends at revision 0, but 1 was acknowledged/,
    (file) => {
      const db = new Database(file)
      db.exec('UPDATE registry SET revision = 0')
      db.close()
    },
  ],
  [
    'contains unknown writes',
    /the file ends at revision 7/,
    (file) => {
      const db = new Database(file)
      db.exec('UPDATE registry SET revision = 7')
      db.close()
    },
  ],
  [
    'was used by another process',
    /process 1 has used the file/,
    (file) => {
      const db = new Database(file)
      db.exec('UPDATE registry SET owner_pid = 1')
      db.close()
    },
  ],
  [
    'is another registry',
    /contains another registry/,
    (file) => {
      const db = new Database(file)
      db.exec(
        "UPDATE branches SET id = 'another' WHERE ordinal = (SELECT max(ordinal) FROM branches)",
      )
      db.close()
    },
  ],
])(
  'when the thread ends and the file %s, the store reports that it is lost',
  async (_, why, damage) => {
    using folder = new TemporaryFolder()
    const { store, file, writer, lost } = await openStore(folder)
    const ended = writer.terminate()
    await ended
    damage(file)
    const refused = expect.objectContaining({ code: 'STORAGE_UNAVAILABLE' })
    await expect(store.add(nthAgent(1))).rejects.toEqual(refused)
    await becomes({ store, file } as never, why)
    expect(store.lost?.message).toMatch(why)
    expect(lost).toEqual([store.lost])
    // Calls that need only memory still work.
    expect(await store.updateHeartbeat('first')).toBeDefined()
    expect(await idsIn(store)).toEqual(['first'])
    await store.close().catch(() => undefined)
  },
)

test('a thread that ends repeatedly is not restarted forever', async () => {
  using folder = new TemporaryFolder()
  const { store, lost } = await openStore(folder)
  for (let turn = 0; store.lost === undefined; turn++) {
    await threads.at(-1)?.terminate()
    await store.add(nthAgent(turn)).catch(() => undefined)
    expect(turn).toBeLessThan(20)
  }
  expect(lost).toHaveLength(1)
  expect(lost[0]?.message).toContain('repeatedly')
  await store.close().catch(() => undefined)
})

test('a history thread that ends is restarted by the next read', async () => {
  using folder = new TemporaryFolder()
  const { store } = await openStore(folder)
  expect(await store.historyOf('first')).toHaveLength(1)
  await threads.at(-1)?.terminate()
  expect(await store.historyOf('first')).toHaveLength(1)
  await store.close()
})
