// A backup of a registry under load: what was acknowledged before it is in it, what was never sent is not.
//
//   ROLLCALL_BACKUP_LOAD=full   10 000 heartbeats/s and 500 registrations/s of 20 000 agents, instead of
//                               2000 and 100 of 2000; prints the latencies of heartbeats
import { statSync } from 'node:fs'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { IS_FULL, LOAD_SIZE, makeCopies } from './support/copies-under-load.ts'
import { Load } from './support/load.ts'
import { RegistryProcess } from './support/registry-process.ts'
import { runRollcall } from './support/rollcall-command.ts'
import { sqliteUrl, TemporaryFolder } from './support/temporary-folder.ts'

let folder: TemporaryFolder
let registry: RegistryProcess
let load: Load
const db = () => folder.file('a.db')
beforeAll(async () => {
  folder = new TemporaryFolder()
  const args = ['--backup-to', 'scheduled', '--backup-every', IS_FULL ? '3600' : '2']
  registry = await RegistryProcess.start({ cwd: folder.path, db: sqliteUrl(db()), args })
  load = await Load.start({ url: registry.url, ...LOAD_SIZE })
})
afterAll(async () => {
  load[Symbol.dispose]()
  await registry[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

const path = (number: number) => folder.file(`backup-${number}.db`)

async function backUp(number: number): Promise<void> {
  const args = ['backup', '--db', sqliteUrl(db()), '--to', path(number)]
  const { code, stderr } = await runRollcall(args, { cwd: folder.path })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
}

function agentsIn(number: number): Set<string> {
  const backup = new Database(path(number), { readonly: true })
  const ids = backup
    .prepare("SELECT agent_id FROM agents WHERE agent_id LIKE 'new-%'")
    .pluck()
    .all()
  backup.close()
  return new Set(ids as string[])
}

describe('while heartbeats and registrations arrive', () => {
  test('each backup holds what was acknowledged before it, and nothing that was never sent', async () => {
    let logBytes = 0
    const made = () => {
      logBytes = Math.max(logBytes, statSync(`${db()}-wal`).size)
    }
    const figures = await makeCopies(load, { make: backUp, agentsIn, made })
    if (IS_FULL) console.info({ ...figures, logBytes })
  })
})
