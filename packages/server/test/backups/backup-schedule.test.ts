// Scheduled backups: which are made, and which are kept.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { TemporaryFolder } from '../../../../test/e2e/support/temporary-folder.ts'
import { eventually } from '../../../../test/http/support/eventually.ts'
import { backupsIn } from '../../src/backups/backup-folder.ts'
import { BackupSchedule } from '../../src/backups/backup-schedule.ts'
import { SqliteAgentRegistryRepository } from '../../src/storage/sqlite/repository.ts'
import { ManualClock } from '../../src/testing/manual-clock.ts'
import { registration } from '../storage/sample-registration.ts'

const HOUR_MS = 3_600_000

let home: TemporaryFolder
let store: SqliteAgentRegistryRepository
let epoch: string
let clock: ManualClock
let failures: unknown[]
beforeEach(async () => {
  home = new TemporaryFolder()
  store = await SqliteAgentRegistryRepository.open(home.file('a.db'))
  await store.add(registration())
  epoch = (await store.counts()).epoch
  clock = new ManualClock()
  failures = []
})
afterEach(async () => {
  await store.close()
  home[Symbol.dispose]()
})

const folder = () => home.file('backups')

function schedule(plan: Partial<{ folder: string; everyMs: number; keep: number }> = {}) {
  return new BackupSchedule({
    source: store,
    epoch,
    plan: { folder: folder(), everyMs: HOUR_MS, keep: 3, ...plan },
    reporter: { succeeded: () => undefined, failed: (error) => void failures.push(error) },
    now: () => clock.wallMs(),
  })
}

test('a backup has the time and the history of the registry in its name', async () => {
  const backups = schedule()
  await backups.backUp()
  expect(readdirSync(folder())).toEqual([`rollcall-20260101T120000Z-${epoch}.db`])
  expect(backups.statistics).toMatchObject({ lastSuccessMs: clock.wallMs(), failures: 0 })
  expect(backups.statistics.lastDurationMs).toBeGreaterThan(0)
})

test('the oldest backups are removed, those of other registries are not', async () => {
  mkdirSync(folder())
  const others = ['rollcall-20200101T000000Z-other.db', 'rollcall-20200101T000000Z.db', 'notes.txt']
  for (const name of others) writeFileSync(home.file(`backups/${name}`), 'other')
  const backups = schedule({ keep: 2 })
  for (let hour = 0; hour < 4; hour++) {
    await backups.backUp()
    clock.advance(HOUR_MS)
  }
  expect(failures).toEqual([])
  expect(readdirSync(folder())).toEqual(
    [
      ...others,
      `rollcall-20260101T140000Z-${epoch}.db`,
      `rollcall-20260101T150000Z-${epoch}.db`,
    ].sort(),
  )
})

test('a failed backup removes no older one, and is counted', async () => {
  const backups = schedule({ keep: 1 })
  await backups.backUp()
  const [first = ''] = readdirSync(folder())
  // The next backup has the same name, which is taken.
  await backups.backUp()
  expect(String(failures[0])).toMatch(/already exists/)
  expect(backups.statistics).toMatchObject({ lastSuccessMs: clock.wallMs(), failures: 1 })
  expect(readdirSync(folder())).toEqual([first])
})

test('a registry starts with a backup, unless the newest one is young enough', async () => {
  const first = schedule()
  await first.start()
  await eventually(async () => first.statistics.lastSuccessMs).toBe(clock.wallMs())
  await first.stop()
  clock.advance(HOUR_MS / 2)
  const second = schedule()
  await second.start()
  expect(second.statistics.lastSuccessMs).toBe(clock.wallMs() - HOUR_MS / 2)
  clock.advance(HOUR_MS / 2)
  const third = schedule()
  await third.start()
  await eventually(async () => third.statistics.lastSuccessMs).toBe(clock.wallMs())
  await Promise.all([second.stop(), third.stop()])
  expect(readdirSync(folder())).toHaveLength(2)
})

test('what a killed registry left is removed, unless it belongs to another one', async () => {
  mkdirSync(folder())
  const ours = `rollcall-20200101T000000Z-${epoch}.db.partial`
  const other = 'rollcall-20200101T000000Z-other.db.partial'
  for (const name of [ours, `${ours}.lock`, `${ours}-journal`, other]) {
    writeFileSync(home.file(`backups/${name}`), '')
  }
  const backups = schedule()
  await backups.start()
  await backups.stop()
  expect(readdirSync(folder()).filter((name) => name.includes('partial'))).toEqual([other])
})

test('a backup that is running at shutdown ends, and leaves nothing', async () => {
  const backups = schedule()
  const running = backups.backUp()
  await backups.stop()
  await running
  expect(readdirSync(folder())).toEqual([])
  expect(failures).toEqual([])
})

test('a file that is still being written is no backup', async () => {
  await schedule().backUp()
  const [name = ''] = readdirSync(folder())
  writeFileSync(home.file(`backups/${name}.partial`), '')
  expect((await backupsIn(folder())).map((it) => it.name)).toEqual([name])
})

test('a folder that cannot be used is a failure, and the registry goes on', async () => {
  writeFileSync(home.file('file'), 'not a folder')
  const backups = schedule({ folder: home.file('file') })
  await backups.start()
  expect(String(failures[0])).toMatch(/EEXIST|ENOTDIR/)
  expect(backups.statistics.failures).toBe(1)
  await backups.stop()
  expect(readFileSync(home.file('file'), 'utf8')).toBe('not a folder')
})
