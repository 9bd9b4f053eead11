// A file that cannot be used is told of and left alone: no byte of it changes.
import { createHash, randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { registration } from './support/http-client.ts'
import { RegistryProcess } from './support/registry-process.ts'
import { runRollcall } from './support/rollcall-command.ts'
import { sqliteUrl, TemporaryFolder } from './support/temporary-folder.ts'

/** Makes the file of a registry that has some hundred agents and was stopped in order. */
async function makeRegistryFile(folder: TemporaryFolder, path: string): Promise<void> {
  await using registry = await RegistryProcess.start({ cwd: folder.path, db: sqliteUrl(path) })
  const registrations = Array.from({ length: 300 }, (_, index) =>
    registry.http.send('POST', '/agents/register', registration(`agent-${index}`)),
  )
  for (const { status } of await Promise.all(registrations)) expect(status).toBe(200)
  expect((await registry.stop()).code).toBe(0)
}

/** Makes the database of another program. */
function makeForeignDatabase(path: string, journalMode: 'delete' | 'wal'): void {
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

/** Puts garbage where the tree of a table begins; the header and all else stay in order. */
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
  readonly inflict: (path: string, folder: TemporaryFolder) => Promise<void> | void
  /** What the error says is wrong, and what it says to do. */
  readonly told: RegExp
}

const DAMAGE: readonly Damage[] = [
  {
    title: 'garbage',
    inflict: (path) => writeFileSync(path, randomBytes(20_000)),
    told: /is damaged .*Restore it from a backup/,
  },
  {
    title: 'a text',
    inflict: (path) => writeFileSync(path, 'this is not a database, but somebody wrote it\n'),
    told: /is damaged .*Restore it from a backup/,
  },
  {
    title: 'half of a database',
    inflict: async (path, folder) => {
      await makeRegistryFile(folder, path)
      truncateSync(path, Math.floor(statSync(path).size / 2))
    },
    told: /is damaged .*Restore it from a backup/,
  },
  {
    title: 'the first kilobyte of a database',
    inflict: async (path, folder) => {
      await makeRegistryFile(folder, path)
      truncateSync(path, 1024)
    },
    told: /is damaged .*Restore it from a backup/,
  },
  {
    title: 'a database whose agents are overwritten',
    inflict: async (path, folder) => {
      await makeRegistryFile(folder, path)
      overwriteTable(path, 'agents')
    },
    told: /is damaged .*Restore it from a backup/,
  },
  {
    title: 'the database of another program',
    inflict: (path) => makeForeignDatabase(path, 'delete'),
    told: /database of another program.*Use another file/,
  },
  {
    title: 'the database of another program in WAL mode',
    inflict: (path) => makeForeignDatabase(path, 'wal'),
    told: /database of another program.*Use another file/,
  },
  {
    title: 'the file of a newer version',
    inflict: async (path, folder) => {
      await makeRegistryFile(folder, path)
      change(path, 'PRAGMA user_version = 99')
    },
    told: /newer Rollcall.*Use another file/,
  },
]

test.concurrent.each(DAMAGE)(
  '$title is refused with one line that says what to do, and left as it is',
  async ({ inflict, told }) => {
    using folder = new TemporaryFolder()
    const path = folder.file('registry.db')
    await inflict(path, folder)
    const before = fingerprint(path)
    // That of the registry which wrote it.
    rmSync(`${path}.lock`, { force: true })
    const files = readdirSync(folder.path)

    const args = ['serve', '--port', '0', '--db', sqliteUrl(path)]
    const { code, stdout, stderr } = await runRollcall(args, { cwd: folder.path })

    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^rollcall: [^\n]+\n$/)
    expect(stderr).toContain(path)
    expect(stderr).toMatch(told)
    expect(fingerprint(path)).toBe(before)
    // Nothing new lies about, and no lock.
    expect(files).toEqual(expect.arrayContaining(readdirSync(folder.path)))
  },
)
