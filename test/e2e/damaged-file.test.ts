// An unusable file is reported and left alone: no byte of it changes.
import { createHash, randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { registration } from './support/http-client.ts'
import { RegistryProcess } from './support/registry-process.ts'
import { runRollcall } from './support/rollcall-command.ts'
import { sqliteUrl, TemporaryFolder } from './support/temporary-folder.ts'

/** Creates the file of a registry with about a hundred agents that shut down gracefully. */
async function createRegistryFile(folder: TemporaryFolder, path: string): Promise<void> {
  await using registry = await RegistryProcess.start({ cwd: folder.path, db: sqliteUrl(path) })
  const registrations = Array.from({ length: 300 }, (_, index) =>
    registry.http.send('POST', '/agents/register', registration(`agent-${index}`)),
  )
  for (const { status } of await Promise.all(registrations)) expect(status).toBe(200)
  expect((await registry.stop()).code).toBe(0)
}

/** Creates the database of another program. */
function createForeignDatabase(path: string, journalMode: 'delete' | 'wal'): void {
  const db = new Database(path)
  db.pragma(`journal_mode = ${journalMode}`)
  db.exec('CREATE TABLE agents (agent_id TEXT); INSERT INTO agents VALUES (1)')
  db.close()
}

function change(path: string, sql: string): void {
  const db = new Database(path)
  db.exec(sql)
  db.close()
}

/** Overwrites the root page of a table with garbage; the header and everything else stay intact. */
function overwriteTable(path: string, table: string): void {
  const db = new Database(path, { readonly: true })
  const pageSize = Number(db.pragma('page_size', { simple: true }))
  const root = db.prepare('SELECT rootpage FROM sqlite_schema WHERE name = ?').pluck().get(table)
  db.close()
  const content = readFileSync(path)
  randomBytes(pageSize).copy(content, (Number(root) - 1) * pageSize)
  writeFileSync(path, content)
}

function fingerprint(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex')
}

interface Damage {
  readonly title: string
  readonly apply: (path: string, folder: TemporaryFolder) => Promise<void> | void
  /** The expected error: what is wrong and what to do. */
  readonly message: RegExp
}

const DAMAGE: readonly Damage[] = [
  {
    title: 'garbage',
    apply: (path) => writeFileSync(path, randomBytes(20_000)),
    message: /is damaged .*Restore it from a backup/,
  },
  {
    title: 'a text file',
    apply: (path) => writeFileSync(path, 'this is not a database, just some text\n'),
    message: /is damaged .*Restore it from a backup/,
  },
  {
    title: 'half of a database',
    apply: async (path, folder) => {
      await createRegistryFile(folder, path)
      truncateSync(path, Math.floor(statSync(path).size / 2))
    },
    message: /is damaged .*Restore it from a backup/,
  },
  {
    title: 'the first kilobyte of a database',
    apply: async (path, folder) => {
      await createRegistryFile(folder, path)
      truncateSync(path, 1024)
    },
    message: /is damaged .*Restore it from a backup/,
  },
  {
    title: 'a database whose agents are overwritten',
    apply: async (path, folder) => {
      await createRegistryFile(folder, path)
      overwriteTable(path, 'agents')
    },
    message: /is damaged .*Restore it from a backup/,
  },
  {
    title: 'the database of another program',
    apply: (path) => createForeignDatabase(path, 'delete'),
    message: /database of another program.*Use another file/,
  },
  {
    title: 'the database of another program in WAL mode',
    apply: (path) => createForeignDatabase(path, 'wal'),
    message: /database of another program.*Use another file/,
  },
  {
    title: 'the file of a newer version',
    apply: async (path, folder) => {
      await createRegistryFile(folder, path)
      change(path, 'PRAGMA user_version = 99')
    },
    message: /newer Rollcall.*Use another file/,
  },
]

test.concurrent.each(DAMAGE)(
  '$title is rejected with one line that says what to do, and left unchanged',
  async ({ apply, message }) => {
    using folder = new TemporaryFolder()
    const path = folder.file('registry.db')
    await apply(path, folder)
    const before = fingerprint(path)
    // The lock file of the registry that created it.
    rmSync(`${path}.lock`, { force: true })
    const files = readdirSync(folder.path)

    const args = ['serve', '--port', '0', '--db', sqliteUrl(path)]
    const { code, stdout, stderr } = await runRollcall(args, { cwd: folder.path })

    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^rollcall: [^\n]+\n$/)
    expect(stderr).toContain(path)
    expect(stderr).toMatch(message)
    expect(fingerprint(path)).toBe(before)
    // No new file, and no lock.
    expect(files).toEqual(expect.arrayContaining(readdirSync(folder.path)))
  },
)
