import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import type { Load } from './load.ts'
import type { Expectation, Latencies, Period } from './load-messages.ts'

export const IS_FULL = process.env.ROLLCALL_BACKUP_LOAD === 'full'
export const LOAD_SIZE = IS_FULL
  ? { fleet: 20_000, heartbeatsPerSecond: 10_000, registrationsPerSecond: 500 }
  : { fleet: 2000, heartbeatsPerSecond: 2000, registrationsPerSecond: 100 }
/** Seconds of load before the copies, and how many there are. */
const BASELINE_S = IS_FULL ? 15 : 2
const COPIES = IS_FULL ? 10 : 3

/** How copies of a registry are made and read. */
interface Copies {
  /** Makes one. */
  make(number: number): Promise<void>
  /** Returns the ids in it that begin with `new-`. */
  agentsIn(number: number): ReadonlySet<string>
  /** Called after each. */
  made?(): void
}

/** Latencies of heartbeats, and how long the longest copy took, in milliseconds. */
interface CopyFigures {
  readonly without: Latencies
  readonly during: Latencies
  readonly longestMs: number
}

/** Makes copies one after the other, and expects each to hold what was acknowledged before it, and nothing that was never sent. */
export async function makeCopies(load: Load, copies: Copies): Promise<CopyFigures> {
  await sleep(BASELINE_S * 1000)
  const without = await load.measure()
  const periods: Period[] = []
  for (let number = 1; number <= COPIES; number++) {
    periods.push(await load.during(() => copies.make(number)))
    copies.made?.()
  }
  const during = await load.measure()
  expect(during.failures).toBe(0)
  // Checked after all of them: the checks would delay the heartbeats that are measured.
  for (const [index, period] of periods.entries()) {
    const expected = await load.expectation(period)
    expect(expected.present.length).toBeGreaterThan(0)
    expect(expected.absent.length).toBeGreaterThan(0)
    expect(violationsIn(copies.agentsIn(index + 1), expected)).toEqual([])
  }
  const longestMs = Math.max(...periods.map(({ beganMs, endedMs }) => endedMs - beganMs))
  return { without, during, longestMs }
}

/** Compares a copy with what was acknowledged; returns the differences. */
function violationsIn(
  found: ReadonlySet<string>,
  { present, absent, sent }: Expectation,
): string[] {
  const known = new Set(sent)
  return [
    ...present.filter((id) => !found.has(id)).map((id) => `${id} was acknowledged, and is missing`),
    ...absent.filter((id) => found.has(id)).map((id) => `${id} was deregistered, and is there`),
    ...[...found].filter((id) => !known.has(id)).map((id) => `${id} was never sent`),
  ]
}
