// History is deleted by age only if the clock has been stable for a while.
import Database from 'better-sqlite3'
import { expect, test, vi } from 'vitest'
import { TemporaryFolder } from '../../../../../test/e2e/support/temporary-folder.ts'
import { SqliteAgentRegistryRepository } from '../../../src/index.ts'
import { LeaseClock } from '../../../src/storage/live/lease-clock.ts'
import { SettledWallClock } from '../../../src/storage/live/settled-wall-clock.ts'
import { ManualClock } from '../../../src/testing/index.ts'
import { WAIT_OPTIONS } from '../registry-in-folder.ts'
import { registration } from '../sample-registration.ts'

const HOUR_MS = 3_600_000
const TEN_YEARS_MS = 10 * 365 * 24 * HOUR_MS

test('a forward step counts after an hour, a backward step immediately', () => {
  const machine = new ManualClock()
  const clock = new SettledWallClock(new LeaseClock({ clock: machine }))
  const start = machine.wallMs()
  machine.advance(1_000)
  expect(clock.now()).toBe(start + 1_000)
  machine.stepWall(TEN_YEARS_MS)
  expect(clock.now()).toBe(start + 1_000)
  machine.advance(HOUR_MS - 1)
  expect(clock.now()).toBe(start + HOUR_MS + 999)
  machine.advance(1)
  expect(clock.now()).toBe(machine.wallMs())
  machine.stepWall(-TEN_YEARS_MS)
  expect(clock.now()).toBe(machine.wallMs())
})

test('a step that is reverted never counts, however often it happens', () => {
  const machine = new ManualClock()
  const clock = new SettledWallClock(new LeaseClock({ clock: machine }))
  for (let step = 0; step < 100; step++) {
    machine.stepWall(TEN_YEARS_MS)
    machine.advance(HOUR_MS / 2)
    clock.now()
    machine.stepWall(-TEN_YEARS_MS)
    machine.advance(8_000)
    expect(clock.now()).toBe(machine.wallMs())
  }
})

test('a step that is partly reverted counts as the remaining step', () => {
  const machine = new ManualClock()
  const clock = new SettledWallClock(new LeaseClock({ clock: machine }))
  machine.stepWall(TEN_YEARS_MS)
  clock.now()
  machine.advance(HOUR_MS / 2)
  machine.stepWall(60_000 - TEN_YEARS_MS)
  clock.now()
  machine.advance(HOUR_MS / 2)
  expect(clock.now()).toBe(machine.wallMs())
})

test('a clock that is ten years ahead for a while deletes no history', async () => {
  using folder = new TemporaryFolder()
  const file = folder.file('a.db')
  const clock = new ManualClock()
  await using store = await SqliteAgentRegistryRepository.open(file, {
    clock,
    historyLimit: 3,
    historyMaxAgeSeconds: 60,
  })
  for (let port = 1; port <= 5; port++) await store.add(registration({ port }))
  clock.stepWall(TEN_YEARS_MS)
  // Transitions beyond the count limit are deleted in the same pass.
  const db = new Database(file, { readonly: true })
  const kept = db.prepare('SELECT transition_revision FROM transitions').pluck()
  await vi.waitFor(() => expect(kept.all()).not.toContain(1), WAIT_OPTIONS)
  expect(kept.all()).toEqual([3, 4, 5])
  db.close()
  clock.stepWall(-TEN_YEARS_MS)
  expect((await store.eventsSince(2)).map(({ revision }) => revision)).toEqual([3, 4, 5])
})
