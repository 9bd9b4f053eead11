// Backups beside a registry leave the processor to it: how they run, and what is loaded for them.
import { readdirSync, readFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { eventually } from '../http/support/eventually.ts'
import { backupThatWrites, enlarge } from './support/large-backup.ts'
import { RegistryProcess } from './support/registry-process.ts'
import { runRollcall, spawnRollcall } from './support/rollcall-command.ts'
import { sqliteUrl, TemporaryFolder } from './support/temporary-folder.ts'

const LOADED_PACKAGES = new URL('./support/loaded-packages.ts', import.meta.url).href
/** The lowest priority. */
const MAX_NICE = 19
const LOWERED = lowered(getPriority())

function lowered(nice: number): number {
  return Math.min(MAX_NICE, nice + 10)
}

let folder: TemporaryFolder
beforeEach(() => {
  folder = new TemporaryFolder()
})
afterEach(() => folder[Symbol.dispose]())

const args = (): string[] => ['backup', '--db', sqliteUrl(folder.file('a.db')), '--to', 'b.db']

/** Starts a registry with a large file, whose backup takes a while. */
async function startLarge(...options: string[]): Promise<RegistryProcess> {
  const db = sqliteUrl(folder.file('a.db'))
  const registry = await RegistryProcess.start({ cwd: folder.path, db, args: options })
  enlarge(folder.file('a.db'))
  return registry
}

test.each([
  { start: 'at the priority of the registry', under: [], nice: LOWERED },
  // The nice value must never shrink, which would raise the priority.
  { start: 'at a low priority', under: ['nice', '-n', '12'], nice: lowered(getPriority() + 12) },
])(
  'a backup by the command, started $start, gives way to the registry',
  async ({ under, nice }) => {
    await using _ = await startLarge()
    const options = { cwd: folder.path, under }
    const backup = await backupThatWrites(args(), folder.file('b.db'), options)
    const closed = new Promise((resolve) => backup.once('close', resolve))
    expect(getPriority(backup.pid)).toBe(nice)
    expect(await closed).toBe(0)
  },
)

test('an export gives way to the registry', async () => {
  await using _ = await startLarge()
  const db = sqliteUrl(folder.file('a.db'))
  const exporting = spawnRollcall(['export', '--db', db, '--to', 'a.jsonl'], { cwd: folder.path })
  await eventually(() => getPriority(exporting.pid)).toBe(LOWERED)
})

describe.skipIf(process.platform !== 'linux')('on Linux, where threads have priorities', () => {
  test('a scheduled backup runs on a thread of a lower priority', async () => {
    await using registry = await startLarge('--backup-to', 'backups', '--backup-every', '1')
    const threads = `/proc/${registry.pid}/task`
    await eventually(() => readdirSync(threads).map(niceOfThread)).toContain(LOWERED)
    expect(getPriority(registry.pid)).toBe(getPriority())
  })
})

/** Returns undefined for a thread that has ended. */
function niceOfThread(id: string): number | undefined {
  try {
    return getPriority(Number(id))
  } catch {
    return
  }
}

test('a backup by the command loads neither the HTTP server nor PostgreSQL', async () => {
  await using _ = await RegistryProcess.start({
    cwd: folder.path,
    db: sqliteUrl(folder.file('a.db')),
  })
  const { code, stderr } = await runRollcall(args(), {
    cwd: folder.path,
    node: [process.execPath, '--import', LOADED_PACKAGES],
    env: { LOADED_PACKAGES_FILE: folder.file('packages.json') },
  })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const loaded: string[] = JSON.parse(readFileSync(folder.file('packages.json'), 'utf8'))
  const own = /^(?:cli|client|protocol|server)\//
  expect(loaded.filter((name) => !own.test(name))).toEqual(['better-sqlite3', 'commander'])
  expect(loaded.filter((name) => name.startsWith('server/dist/http'))).toEqual([])
})
