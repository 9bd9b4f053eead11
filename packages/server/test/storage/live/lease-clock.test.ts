import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { beatTime, type LeaseTime, later, leaseTime } from '../../../src/domain/time-scales.ts'
import { LeaseClock } from '../../../src/storage/live/lease-clock.ts'
import { ManualClock } from '../../../src/testing/index.ts'

const HOUR = 3_600_000

function start(options: { monotonicMs?: number; wallMs?: number; resumeAt?: LeaseTime } = {}) {
  const machine = new ManualClock({
    wallMs: options.wallMs ?? HOUR,
    monotonicMs: options.monotonicMs ?? 0,
  })
  return { machine, clock: new LeaseClock({ clock: machine, resumeAt: options.resumeAt }) }
}

describe('lease time', () => {
  test('starts at zero, or at its value before a restart, and runs with the machine', () => {
    const { machine, clock } = start({ monotonicMs: 777 })
    const resumed = new LeaseClock({ clock: machine, resumeAt: leaseTime(5_000) })
    expect([clock.now(), resumed.now()]).toEqual([0, 5_000])
    machine.advance(100)
    expect([clock.now(), resumed.now()]).toEqual([100, 5_100])
  })

  test('is in whole milliseconds, whatever the resolution of the machine', () => {
    const { machine, clock } = start({ monotonicMs: 0.9, wallMs: HOUR + 0.4 })
    machine.advance(0.3)
    expect(Number.isInteger(clock.now())).toBe(true)
    expect(Number.isInteger(clock.beatToWall(clock.toBeat(clock.now())))).toBe(true)
    expect(clock.offsetVersion).toBe(0)
  })

  test('is independent of the wall clock', () => {
    const { machine, clock } = start()
    machine.stepWall(HOUR)
    machine.advance(10)
    machine.stepWall(-5 * HOUR)
    expect(clock.now()).toBe(10)
  })

  test('stands still during a stall, and counts its duration', () => {
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
  ])(
    'counts a sweep that is $lateMs ms late as a stall of $stalledMs ms',
    ({ lateMs, stalledMs }) => {
      const { machine, clock } = start()
      clock.expectSweepIn(50)
      machine.advance(50 + lateMs)
      expect(clock.now()).toBe(50 + lateMs - stalledMs)
      expect(clock.stalledMs).toBe(stalledMs)
    },
  )

  test('stands still while the sweep is late, however often it is read', () => {
    const { machine, clock } = start()
    clock.expectSweepIn(50)
    machine.advance(50)
    for (let reads = 0; reads < 100; reads++) {
      machine.advance(100)
      clock.now()
    }
    // It runs for the first quarter of a second: until then the sweep may only be late.
    expect(clock.now()).toBe(250)
    expect(clock.stalledMs).toBe(9_800)
    clock.expectSweepIn(50)
    machine.advance(50)
    expect(clock.now()).toBe(300)
  })

  test('never runs backwards', () => {
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

  test('does not stall without an announced sweep, or after sweeps were cancelled', () => {
    const { machine, clock } = start()
    machine.advance(HOUR)
    expect(clock.now()).toBe(HOUR)
    clock.expectSweepIn(50)
    clock.expectSweepIn(Number.POSITIVE_INFINITY)
    machine.advance(HOUR)
    expect(clock.now()).toBe(2 * HOUR)
  })

  test('can be rewound to an earlier moment', () => {
    const { machine, clock } = start({ resumeAt: leaseTime(5_000) })
    const before = clock.now()
    machine.advance(700)
    clock.rewindTo(before)
    expect(clock.now()).toBe(5_000)
    expect(clock.offsetVersion).toBe(1)
  })
})

describe('displayed times', () => {
  test('of a heartbeat do not change with later stalls', () => {
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
    expect(clock.deadlineToWall(leaseTime(10_000))).toBe(HOUR + 10_000)
    clock.expectSweepIn(50)
    machine.advance(50 + 2 * HOUR)
    clock.now()
    expect(clock.deadlineToWall(leaseTime(10_000))).toBe(3 * HOUR + 10_000)
  })

  test('follow steps of the wall clock, but not its jitter', () => {
    const { machine, clock } = start()
    machine.stepWall(100)
    expect(clock.beatToWall(clock.toBeat(clock.now()))).toBe(HOUR)
    expect(clock.offsetVersion).toBe(0)
    machine.stepWall(1)
    expect(clock.beatToWall(clock.toBeat(clock.now()))).toBe(HOUR + 101)
    expect(clock.offsetVersion).toBe(1)
    machine.stepWall(-2 * HOUR)
    expect(clock.beatToWall(clock.toBeat(clock.now()))).toBe(101 - HOUR)
    expect(clock.beatToWall(beatTime(0))).toBe(101 - HOUR)
    expect(clock.offsetVersion).toBe(2)
  })

  test('of a heartbeat and its deadline are one TTL apart', () => {
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
          const displayed = clock.deadlineToWall(later(now, ttlMs))
          expect(displayed - clock.beatToWall(clock.toBeat(now))).toBe(ttlMs)
          expect(displayed - clock.beatToWall(clock.toBeat(clock.now()))).toBe(ttlMs)
          expect(
            Math.abs(clock.beatToWall(clock.toBeat(clock.now())) - machine.wallMs()),
          ).toBeLessThanOrEqual(100)
        }
      }),
    )
  })
})

describe('lease time on hold', () => {
  test('stands still for the duration of the hold, and then continues', () => {
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

  test('stands still for longer when the hold is extended, which moves all displayed times', () => {
    const { machine, clock } = start()
    const deadline = leaseTime(500)
    const displayed = clock.deadlineToWall(deadline)
    clock.hold(2_000)
    machine.advance(500)
    clock.hold(2_000)
    expect(clock.now()).toBe(0)
    expect(clock.deadlineToWall(deadline)).toBe(displayed + 500)
    machine.advance(10_000)
    expect(clock.now()).toBe(8_000)
    expect(clock.stalledMs).toBe(2_500)
  })

  test('does not run backwards during a stall', () => {
    const { machine, clock } = start()
    clock.expectSweepIn(50)
    clock.hold(2_000)
    machine.advance(50 + 10_000)
    expect(clock.now()).toBe(0)
    expect(clock.stalledMs).toBe(10_050)
  })

  test('does not run backwards when a hold ends within a stall', () => {
    const { machine, clock } = start()
    clock.expectSweepIn(0)
    machine.advance(251)
    clock.hold(1)
    machine.advance(1)
    expect(clock.now()).toBe(0)
    expect(clock.stalledMs).toBe(252)
  })

  test('never runs backwards, in any order of events', () => {
    const step = fc.oneof(
      fc.record({ hold: fc.integer({ min: 1, max: 3_000 }) }),
      fc.record({ advance: fc.integer({ min: 0, max: 5_000 }) }),
      fc.record({ sweepIn: fc.integer({ min: 0, max: 100 }) }),
      fc.constant('read' as const),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
        const { machine, clock } = start()
        let last = clock.now()
        for (const each of steps) {
          if (each !== 'read') {
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
