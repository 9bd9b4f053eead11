// Each start on a file begins a branch, which is in the file before any position names it.
import { copyFile } from 'node:fs/promises'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { TemporaryFolder } from '../../../../../test/e2e/support/temporary-folder.ts'
import { branchesOf, currentBranch } from '../../../src/domain/branch.ts'
import { beginBranch } from '../../../src/storage/begin-branch.ts'
import { SqliteAgentRegistryRepository } from '../../../src/storage/sqlite/repository.ts'
import { writeBranches } from '../../../src/storage/sqlite/schema/branches.ts'
import { registration } from '../sample-registration.ts'
import { fixture, KEEP_ALL } from '../upgraded-registry.ts'

interface StoredBranch {
  readonly id: string
  readonly beganAt: number
}

function branchesIn(file: string): StoredBranch[] {
  const db = new Database(file, { readonly: true })
  const select = 'SELECT id, began_at_revision AS beganAt FROM branches ORDER BY ordinal'
  const branches = db.prepare(select).all()
  db.close()
  return branches as StoredBranch[]
}

test('each start begins a branch at the end of the history, durable before the store is open', async () => {
  using folder = new TemporaryFolder()
  const file = folder.file('registry.db')
  const begun: StoredBranch[] = []
  for (let start = 0; start < 3; start++) {
    await using store = await SqliteAgentRegistryRepository.open(file)
    const counts = await store.counts()
    begun.push({ id: currentBranch(counts), beganAt: start })
    expect(counts.branches).toEqual(begun)
    expect(branchesIn(file)).toEqual(begun)
    await store.add(registration({ agentId: `agent-${start}` }))
    // Within one start, nothing begins a branch.
    expect((await store.counts()).branches).toEqual(begun)
  }
  expect(new Set(begun.map(({ id }) => id)).size).toBe(3)
})

test('the history of a file without branches is the first one, named as the epoch', async () => {
  using folder = new TemporaryFolder()
  const file = folder.file('registry.db')
  await copyFile(fixture('sqlite-v2.db'), file)
  await using store = await SqliteAgentRegistryRepository.open(file, KEEP_ALL)
  const counts = await store.counts()
  expect(counts.branches).toEqual([
    { id: counts.epoch, beganAt: 0 },
    { id: currentBranch(counts), beganAt: 6 },
  ])
  expect(currentBranch(counts)).not.toBe(counts.epoch)
})

test('a file keeps the newest branches', async () => {
  using folder = new TemporaryFolder()
  const file = folder.file('registry.db')
  await (await SqliteAgentRegistryRepository.open(file)).close()
  const many = Array.from({ length: 1000 }, (_, index) => ({ id: `b${index}`, beganAt: 0 }))
  const db = new Database(file)
  writeBranches(db, many)
  db.close()
  expect(branchesIn(file)).toEqual(many)
  await using store = await SqliteAgentRegistryRepository.open(file)
  const { branches } = await store.counts()
  expect(branches).toHaveLength(1000)
  expect(branches?.[0]?.id).toBe('b1')
  expect(branchesIn(file)).toEqual(branches)
})

test('a branch begins at the end of a history, whatever store it is of', () => {
  const history = { epoch: 'epoch', revision: 7 }
  const [first, second] = beginBranch(history)
  expect(first).toEqual({ id: 'epoch', beganAt: 0 })
  expect(second).toEqual({ id: expect.stringMatching(/^[\w-]{8}$/), beganAt: 7 })
  expect(branchesOf(history)).toEqual([first])
})
