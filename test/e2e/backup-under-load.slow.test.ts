// A backup of a registry under load: what was acknowledged before it is in it, what was never sent is not.
//
//   ROLLCALL_BACKUP_LOAD=full   10 000 heartbeats/s and 500 registrations/s of 20 000 agents, instead of
//                               2000 and 100 of 2000; prints the latencies of heartbeats
import { statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Load } from './support/load.ts'
import type { Expectation, Latencies, Period } from './support/load-messages.ts'
import { RegistryProcess } from './support/registry-process.ts'
import { runRollcall } from './support/rollcall-command.ts'
import { sqliteUrl, TemporaryFolder } from './support/temporary-folder.ts'

const IS_FULL = process.env.ROLLCALL_BACKUP_LOAD === 'full'
const SIZE = IS_FULL
  ? { fleet: 20_000, heartbeatsPerSecond: 10_000, registrationsPerSecond: 500 }
  : { fleet: 2000, heartbeatsPerSecond: 2000, registrationsPerSecond: 100 }
/** Seconds of load before the backups, and how many there are. */
const BASELINE_S = IS_FULL ? 15 : 2
const BACKUPS = IS_FULL ? 10 : 3

let folder: TemporaryFolder
let registry: RegistryProcess
let load: Load
const db = () => folder.file('a.db')
beforeAll(async () => {
  folder = new TemporaryFolder()
  const args = ['--backup-to', 'scheduled', '--backup-every', IS_FULL ? '3600' : '2']
  registry = await RegistryProcess.start({ cwd: folder.path, db: sqliteUrl(db()), args })
  load = await Load.start({ url: registry.url, ...SIZE })
})
afterAll(async () => {
  load[Symbol.dispose]()
  await registry[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

async function backUp(to: string): Promise<void> {
  const args = ['backup', '--db', sqliteUrl(db()), '--to', to]
  const { code, stderr } = await runRollcall(args, { cwd: folder.path })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
}

function agentsIn(path: string): Set<string> {
  const backup = new Database(path, { readonly: true })
  const ids = backup
    .prepare("SELECT agent_id FROM agents WHERE agent_id LIKE 'new-%'")
    .pluck()
    .all()
  backup.close()
  return new Set(ids as string[])
}

/** Compares a backup with what was acknowledged; returns the differences. */
function violationsIn(path: string, { present, absent, sent }: Expectation): string[] {
  const found = agentsIn(path)
  const known = new Set(sent)
  return [
    ...present.filter((id) => !found.has(id)).map((id) => `${id} was acknowledged, and is missing`),
    ...absent.filter((id) => found.has(id)).map((id) => `${id} was deregistered, and is there`),
    ...[...found].filter((id) => !known.has(id)).map((id) => `${id} was never sent`),
  ]
}

describe('while heartbeats and registrations arrive', () => {
  test('each backup holds what was acknowledged before it, and nothing that was never sent', async () => {
    await sleep(BASELINE_S * 1000)
    const figures: Record<string, Latencies> = { without: await load.measure() }
    let logBytes = 0
    const backups: { to: string; period: Period }[] = []
    for (let number = 1; number <= BACKUPS; number++) {
      const to = folder.file(`backup-${number}.db`)
      backups.push({ to, period: await load.during(() => backUp(to)) })
      logBytes = Math.max(logBytes, statSync(`${db()}-wal`).size)
    }
    figures.during = await load.measure()
    expect(figures.during.failures).toBe(0)
    const longestMs = Math.max(...backups.map(({ period }) => period.endedMs - period.beganMs))
    if (IS_FULL) console.info({ ...figures, longestMs, logBytes })
    // Checked after all of them: the checks would delay the heartbeats that are measured.
    for (const { to, period } of backups) {
      const expected = await load.expectation(period)
      expect(expected.present.length).toBeGreaterThan(0)
      expect(expected.absent.length).toBeGreaterThan(0)
      expect(violationsIn(to, expected)).toEqual([])
    }
  })
})
