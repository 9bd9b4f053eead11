import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LeaseClock } from '../../../src/storage/live/lease-clock.ts'
import { ManualClock } from '../../../src/testing/index.ts'

const HOUR = 3_600_000

function start(options: { monotonicMs?: number; wallMs?: number; resumeAt?: number } = {}) {
  const machine = new ManualClock({
    wallMs: options.wallMs ?? HOUR,
    monotonicMs: options.monotonicMs ?? 0,
  })
  return { machine, clock: new LeaseClock({ clock: machine, resumeAt: options.resumeAt }) }
}

describe('lease time', () => {
  test('begins at zero, or where it stood before a restart, and runs with the machine', () => {
    const { machine, clock } = start({ monotonicMs: 777 })
    const resumed = new LeaseClock({ clock: machine, resumeAt: 5_000 })
    expect([clock.now(), resumed.now()]).toEqual([0, 5_000])
    machine.advance(100)
    expect([clock.now(), resumed.now()]).toEqual([100, 5_100])
  })

  test('is in whole milliseconds, whatever the machine counts in', () => {
    const { machine, clock } = start({ monotonicMs: 0.9, wallMs: HOUR + 0.4 })
    machine.advance(0.3)
    expect(Number.isInteger(clock.now())).toBe(true)
    expect(Number.isInteger(clock.beatToWall(clock.toBeat(clock.now())))).toBe(true)
    expect(clock.offsetVersion).toBe(0)
  })

  test('does not hear of the wall clock', () => {
    const { machine, clock } = start()
    machine.stepWall(HOUR)
    machine.advance(10)
    machine.stepWall(-5 * HOUR)
    expect(clock.now()).toBe(10)
  })

  test('stands still while nobody listens, and counts how long', () => {
    const { machine, clock } = start()
    clock.expectSweepIn(50)
    machine.advance(50 + 10_000)
    expect(clock.now()).toBe(50)
    expect(clock.stalledMs).toBe(10_000)
    clock.expectSweepIn(450)
    machine.advance(400)
    expect(clock.now()).toBe(450)
    clock.expectSweepIn(50)
    machine.advance(50 + 2_000)
    expect(clock.now()).toBe(500)
    expect(clock.stalledMs).toBe(12_000)
  })

  test.each([
    { lateMs: 250, stalledMs: 0 },
    { lateMs: 251, stalledMs: 251 },
  ])('forgives a sweep that is $lateMs ms late by $stalledMs ms', ({ lateMs, stalledMs }) => {
    const { machine, clock } = start()
    clock.expectSweepIn(50)
    machine.advance(50 + lateMs)
    expect(clock.now()).toBe(50 + lateMs - stalledMs)
    expect(clock.stalledMs).toBe(stalledMs)
  })

  test('stands still while the sweep is late, however often it is asked for', () => {
    const { machine, clock } = start()
    clock.expectSweepIn(50)
    machine.advance(50)
    for (let asked = 0; asked < 100; asked++) {
      machine.advance(100)
      clock.now()
    }
    // The first quarter of a second runs: until then it may only be late.
    expect(clock.now()).toBe(250)
    expect(clock.stalledMs).toBe(9_800)
    clock.expectSweepIn(50)
    machine.advance(50)
    expect(clock.now()).toBe(300)
  })

  test('never runs back', () => {
    const step = fc.record({
      passMs: fc.nat({ max: 3_000 }),
      wallStepMs: fc.constantFrom(0, HOUR, -HOUR),
      nextSweepMs: fc.option(fc.constantFrom(50, Number.POSITIVE_INFINITY)),
    })
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const { machine, clock } = start()
        let last = clock.now()
        for (const { passMs, wallStepMs, nextSweepMs } of steps) {
          machine.advance(passMs)
          machine.stepWall(wallStepMs)
          if (nextSweepMs !== null) clock.expectSweepIn(nextSweepMs)
          const now = clock.now()
          expect(now).toBeGreaterThanOrEqual(last)
          expect(now).toBeLessThanOrEqual(last + passMs)
          last = now
        }
      }),
    )
  })

  test('waits for no sweep that nobody announced, or that was called off', () => {
    const { machine, clock } = start()
    machine.advance(HOUR)
    expect(clock.now()).toBe(HOUR)
    clock.expectSweepIn(50)
    clock.expectSweepIn(Number.POSITIVE_INFINITY)
    machine.advance(HOUR)
    expect(clock.now()).toBe(2 * HOUR)
  })

  test('can be taken back to a moment in which nobody could be heard yet', () => {
    const { machine, clock } = start({ resumeAt: 5_000 })
    const before = clock.now()
    machine.advance(700)
    clock.rewindTo(before)
    expect(clock.now()).toBe(5_000)
    expect(clock.offsetVersion).toBe(1)
  })
})

describe('shown times', () => {
  test('of a heartbeat stay when they were, whatever stalls came after', () => {
    const { machine, clock } = start()
    machine.advance(1_000)
    const beat = clock.toBeat(clock.now())
    clock.expectSweepIn(50)
    machine.advance(HOUR)
    expect(clock.beatToWall(beat)).toBe(HOUR + 1_000)
    expect(clock.wallToBeat(HOUR + 1_000)).toBe(beat)
  })

  test('of a deadline move with each stall', () => {
    const { machine, clock } = start()
    expect(clock.deadlineToWall(10_000)).toBe(HOUR + 10_000)
    clock.expectSweepIn(50)
    machine.advance(50 + 2 * HOUR)
    clock.now()
    expect(clock.deadlineToWall(10_000)).toBe(3 * HOUR + 10_000)
  })

  test('follow the wall clock when it is set, and not when it only trembles', () => {
    const { machine, clock } = start()
    machine.stepWall(100)
    expect(clock.beatToWall(clock.toBeat(clock.now()))).toBe(HOUR)
    expect(clock.offsetVersion).toBe(0)
    machine.stepWall(1)
    expect(clock.beatToWall(clock.toBeat(clock.now()))).toBe(HOUR + 101)
    expect(clock.offsetVersion).toBe(1)
    machine.stepWall(-2 * HOUR)
    expect(clock.beatToWall(clock.toBeat(clock.now()))).toBe(101 - HOUR)
    expect(clock.beatToWall(0)).toBe(101 - HOUR)
    expect(clock.offsetVersion).toBe(2)
  })

  test('lie a TTL apart and never behind a deadline that is still to come', () => {
    const moves = fc.array(
      fc.record({ passMs: fc.nat({ max: 5_000 }), stepMs: fc.integer({ min: -HOUR, max: HOUR }) }),
    )
    fc.assert(
      fc.property(moves, fc.integer({ min: 1, max: 100_000 }), (sequence, ttlMs) => {
        const { machine, clock } = start()
        for (const { passMs, stepMs } of sequence) {
          machine.advance(passMs)
          machine.stepWall(stepMs)
          const now = clock.now()
          const shown = clock.deadlineToWall(now + ttlMs)
          expect(shown - clock.beatToWall(clock.toBeat(now))).toBe(ttlMs)
          expect(shown - clock.beatToWall(clock.toBeat(clock.now()))).toBe(ttlMs)
          expect(
            Math.abs(clock.beatToWall(clock.toBeat(clock.now())) - machine.wallMs()),
          ).toBeLessThanOrEqual(100)
        }
      }),
    )
  })
})

describe('lease time that is held', () => {
  test('stands still for so long, and then goes on', () => {
    const { machine, clock } = start()
    machine.advance(100)
    clock.hold(2_000)
    machine.advance(1_500)
    expect(clock.now()).toBe(100)
    machine.advance(500)
    expect(clock.now()).toBe(100)
    machine.advance(7)
    expect(clock.now()).toBe(107)
    expect(clock.stalledMs).toBe(2_000)
  })

  test('stands still for longer when it is held again, and shows that in all times', () => {
    const { machine, clock } = start()
    const deadline = 500
    const shown = clock.deadlineToWall(deadline)
    clock.hold(2_000)
    machine.advance(500)
    clock.hold(2_000)
    expect(clock.now()).toBe(0)
    expect(clock.deadlineToWall(deadline)).toBe(shown + 500)
    machine.advance(10_000)
    expect(clock.now()).toBe(8_000)
    expect(clock.stalledMs).toBe(2_500)
  })

  test('does not run back when nobody listens meanwhile', () => {
    const { machine, clock } = start()
    clock.expectSweepIn(50)
    clock.hold(2_000)
    machine.advance(50 + 10_000)
    expect(clock.now()).toBe(0)
    expect(clock.stalledMs).toBe(10_050)
  })

  test('does not run back when a hold ends within a stall', () => {
    const { machine, clock } = start()
    clock.expectSweepIn(0)
    machine.advance(251)
    clock.hold(1)
    machine.advance(1)
    expect(clock.now()).toBe(0)
    expect(clock.stalledMs).toBe(252)
  })

  test('never runs back, whatever happens in which order', () => {
    const step = fc.oneof(
      fc.record({ hold: fc.integer({ min: 1, max: 3_000 }) }),
      fc.record({ advance: fc.integer({ min: 0, max: 5_000 }) }),
      fc.record({ sweepIn: fc.integer({ min: 0, max: 100 }) }),
      fc.constant('ask' as const),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
        const { machine, clock } = start()
        let last = clock.now()
        for (const each of steps) {
          if (each !== 'ask') {
            if ('hold' in each) clock.hold(each.hold)
            if ('advance' in each) machine.advance(each.advance)
            if ('sweepIn' in each) clock.expectSweepIn(each.sweepIn)
            continue
          }
          const now = clock.now()
          expect(now).toBeGreaterThanOrEqual(last)
          last = now
        }
      }),
    )
  })
})
