// A registry that cannot be copied stays intact, and leaves nothing in PostgreSQL.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { TemporaryFolder } from '../../../../../test/e2e/support/temporary-folder.ts'
import { eventually } from '../../../../../test/http/support/eventually.ts'
import { queryOnce, withClient } from '../../../../../test/postgres/support/postgres-client.ts'
import { freshDatabase } from '../../../../../test/postgres/support/shared-postgres.ts'
import { type CopyOptions, copyRegistry } from '../../../src/storage/copy/copy-registry.ts'
import { PostgresAgentRegistryRepository } from '../../../src/storage/postgres/repository.ts'
import { SqliteAgentRegistryRepository } from '../../../src/storage/sqlite/repository.ts'
import { registration } from '../sample-registration.ts'

const AGENTS = 2500

let database: Awaited<ReturnType<typeof freshDatabase>>
let folder: TemporaryFolder
let full: string
beforeAll(async () => {
  database = await freshDatabase()
  folder = new TemporaryFolder()
  full = folder.file('full.db')
  await using source = await SqliteAgentRegistryRepository.open(full)
  const agents = Array.from({ length: AGENTS }, (_, index) => `a-${index}`)
  await Promise.all(agents.map((agentId) => source.add(registration({ agentId }))))
})
afterAll(async () => {
  await folder[Symbol.dispose]()
  await database[Symbol.asyncDispose]()
})

let schema: string
let tests = 0
beforeEach(() => {
  schema = `target_${++tests}`
})

const copy = (options: Partial<CopyOptions> = {}) =>
  copyRegistry({ from: `sqlite:///${full}`, to: database.url, schema, ...options })

const openTarget = () => PostgresAgentRegistryRepository.open(database.url, { schema })

/** Counts the rows of the target. */
async function targetRows(): Promise<Record<string, number> | undefined> {
  const [rows] = await queryOnce<Record<string, number>>(
    database.url,
    `SELECT (SELECT count(*)::int FROM ${schema}.agents) AS agents,
       (SELECT count(*)::int FROM ${schema}.transitions) AS transitions,
       (SELECT revision::int FROM ${schema}.registry) AS revision`,
  )
  return rows
}

async function expectFullCopy(): Promise<void> {
  expect(await copy()).toEqual({ agents: AGENTS, alive: AGENTS, transitions: AGENTS })
}

test('a connection that breaks during the copy leaves nothing in the target', async () => {
  // The history waits for the lock, after all agents are copied.
  await (await openTarget())[Symbol.asyncDispose]()
  await withClient(database.url, async (admin) => {
    await admin.query('BEGIN')
    await admin.query(`LOCK TABLE ${schema}.transitions IN SHARE MODE`)
    let copiedAgents = 0
    const copying = copy({
      progress: ({ what, done }) => {
        if (what === 'agents') copiedAgents = done
      },
    }).catch((error: unknown) => error)
    // Uses another connection: within a transaction, pg_stat_activity is not updated.
    const waiting = `SELECT pid FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock'`
    await eventually(() => queryOnce(database.url, waiting)).toHaveLength(1)
    expect(copiedAgents).toBe(AGENTS)
    await queryOnce(database.url, `SELECT pg_terminate_backend(pid) FROM (${waiting}) w`)
    const error = await copying
    await admin.query('ROLLBACK')
    expect(error).toMatchObject({ code: 'STORAGE_UNUSABLE' })
    expect(String(error)).toMatch(/cannot import the registry: .*terminat.* Nothing was copied$/)
    expect(String(error)).not.toContain(new URL(database.url).password)
  })
  expect(await targetRows()).toEqual({ agents: 0, transitions: 0, revision: 0 })
  await expectFullCopy()
})

test('a copy aborted by its caller leaves nothing in the target', async () => {
  const aborted = copy({
    progress: ({ what }) => {
      if (what === 'transitions') throw new Error('enough')
    },
  })
  await expect(aborted).rejects.toThrow('enough')
  expect(await targetRows()).toEqual({ agents: 0, transitions: 0, revision: 0 })
  await expectFullCopy()
})

test('a target that contains a registry is left unchanged', async () => {
  {
    await using target = await openTarget()
    await target.add(registration({ agentId: 'first' }))
  }
  await expect(copy()).rejects.toMatchObject({
    code: 'STORAGE_UNUSABLE',
    message: expect.stringContaining(
      `the schema ${schema} already contains a registry; use another`,
    ),
  })
  expect(await targetRows()).toEqual({ agents: 1, transitions: 1, revision: 1 })
})

test('a second copy is rejected', async () => {
  await expectFullCopy()
  await expect(copy()).rejects.toThrow(/already contains a registry/)
})

test('one of two concurrent copies is rejected', async () => {
  const other = folder.file('other.db')
  {
    await using source = await SqliteAgentRegistryRepository.open(other)
    await source.add(registration({ agentId: 'only' }))
  }
  const outcomes = await Promise.allSettled([copy(), copy({ from: `sqlite:///${other}` })])
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  const { agents } = (await targetRows()) ?? {}
  expect([1, AGENTS]).toContain(agents)
})

test('a target with a running registry is left unchanged, even if it is empty', async () => {
  await using target = await openTarget()
  await expect(copy()).rejects.toThrow(/a registry is running on the schema .*; stop it first/)
  expect(await target.counts()).toMatchObject({ registered: 0, revision: 0 })
  await target.add(registration())
})

test('a node that starts during the copy waits for it to complete', async () => {
  await (await openTarget())[Symbol.asyncDispose]()
  let starting: Promise<PostgresAgentRegistryRepository> | undefined
  await copy({
    progress: () => {
      starting ??= openTarget()
    },
  })
  await using node = await starting
  expect(await node?.counts()).toMatchObject({ registered: AGENTS, alive: AGENTS })
})

test('a file in use is rejected with the process that uses it', async () => {
  await using _owner = await SqliteAgentRegistryRepository.open(full)
  await expect(copy()).rejects.toMatchObject({
    code: 'STORAGE_UNUSABLE',
    message: expect.stringContaining(`in use by another Rollcall (process ${process.pid})`),
  })
})

test('a missing file is not created', async () => {
  const file = folder.file('missing.db')
  await expect(copy({ from: `sqlite:///${file}` })).rejects.toThrow(`${file} does not exist`)
  expect(existsSync(file) || existsSync(`${file}.lock`)).toBe(false)
})

test('an empty file stays empty', async () => {
  const file = folder.file('empty.db')
  writeFileSync(file, '')
  await expect(copy({ from: `sqlite:///${file}` })).rejects.toThrow(`${file} is empty`)
  expect(existsSync(`${file}.lock`)).toBe(false)
})

test('only a registry file can be copied', async () => {
  const letter = folder.file('letter.txt')
  writeFileSync(letter, 'Dear grandmother, '.repeat(100))
  const home = folder.file('home')
  mkdirSync(home)
  for (const [from, why] of [
    [`sqlite:///${letter}`, /damaged/],
    [`sqlite:///${home}`, /is a folder/],
    ['sqlite:///:memory:', /is not a registry file/],
    ['memory:', /is not a registry file/],
    [database.url, /\*\*\*@.* is not a registry file/],
    ['nonsense', /not a supported storage URL/],
  ] as const) {
    await expect(copy({ from }), from).rejects.toThrow(why)
  }
  await expect(copy({ to: 'sqlite:///there.db' })).rejects.toThrow(/must be a postgres:\/\/ URL/)
})

test('the error of an unreachable database does not reveal the password', async () => {
  const url = new URL(database.url)
  url.password = 'secret'
  const wrong = await copy({ to: url.href }).catch(String)
  expect(wrong).toMatch(/password authentication failed.*Check user and password/)
  url.port = '1'
  const closed = await copy({ to: url.href }).catch(String)
  expect(closed).toMatch(/ECONNREFUSED.*Is PostgreSQL running there\?/)
  expect(`${wrong} ${closed}`).not.toContain('secret')
  // Nothing is left open that would block the next copy.
  await expectFullCopy()
})
