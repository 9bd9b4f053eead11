import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { later, leaseTime } from '../../../src/domain/time-scales.ts'
import type { TableLease } from '../../../src/storage/live/table/table-lease.ts'
import { TimingWheel } from '../../../src/storage/live/table/timing-wheel.ts'
import { sampleLease } from './sample-lease.ts'

/** The time span that the wheel covers; leases due later go round more than once. */
const HORIZON_MS = 2048 * 64

function takeAll(wheel: TimingWheel, now: number, limit = 1000): TableLease[] {
  const taken: TableLease[] = []
  for (let calls = 0; ; calls++) {
    if (calls > 10_000) throw new Error('the wheel never ends')
    const { lapsed, more } = wheel.takeDue(now, limit)
    taken.push(...lapsed)
    if (!more) return taken
  }
}

/** Returns a lease that calls `onRead` when its deadline is read. */
function watchedLease(deadline: number, onRead: () => void): TableLease {
  return Object.defineProperty(sampleLease(), 'deadline', {
    get: () => {
      onRead()
      return deadline
    },
  })
}

describe('the timing wheel', () => {
  test.each([1, 63, 64, 65, 1_000, HORIZON_MS - 1, HORIZON_MS, HORIZON_MS + 1, 86_400_000])(
    'returns a lease at its deadline in %i ms, and not a millisecond earlier',
    (deadline) => {
      const wheel = new TimingWheel(0)
      const lease = sampleLease({ deadline })
      wheel.place(lease)
      expect(takeAll(wheel, deadline - 1)).toEqual([])
      expect(wheel.countDue(deadline - 1)).toBe(0)
      expect(wheel.countDue(deadline)).toBe(1)
      expect(takeAll(wheel, deadline)).toEqual([lease])
      expect(takeAll(wheel, deadline + HORIZON_MS)).toEqual([])
    },
  )

  test('returns a lease at its current deadline, not at the one it was placed with', () => {
    const wheel = new TimingWheel(0)
    const lease = sampleLease({ deadline: 1_000 })
    wheel.place(lease)
    lease.deadline = leaseTime(500_000)
    expect(takeAll(wheel, 499_999)).toEqual([])
    expect(takeAll(wheel, 500_000)).toEqual([lease])
  })

  test('returns a lease earlier when it was placed again with an earlier deadline', () => {
    const wheel = new TimingWheel(0)
    const lease = sampleLease({ deadline: 500_000 })
    wheel.place(lease)
    lease.deadline = leaseTime(1_000)
    wheel.place(lease)
    expect(takeAll(wheel, 1_000)).toEqual([lease])
  })

  test('accepts a lease that is already overdue', () => {
    const wheel = new TimingWheel(1_000_000)
    const lease = sampleLease({ deadline: 5 })
    wheel.place(lease)
    expect(wheel.countDue(1_000_000)).toBe(1)
    expect(takeAll(wheel, 1_000_000)).toEqual([lease])
  })

  test('does not return a removed lease, and ignores removing one that is not in it', () => {
    const wheel = new TimingWheel(0)
    const [first, second] = [sampleLease(), sampleLease()]
    wheel.place(first)
    wheel.place(second)
    wheel.remove(first)
    wheel.remove(first)
    expect(takeAll(wheel, 20_000)).toEqual([second])
  })

  test('stops at the limit and continues from there', () => {
    const wheel = new TimingWheel(0)
    for (let i = 0; i < 25; i++) wheel.place(sampleLease({ deadline: 100 * i }))
    const sizes = Array.from({ length: 3 }, () => wheel.takeDue(10_000, 10).lapsed.length)
    expect(sizes).toEqual([10, 10, 5])
    expect(wheel.takeDue(10_000, 10)).toEqual({ lapsed: [], more: false })
  })

  test('does not report more work for leases that are not due yet', () => {
    const wheel = new TimingWheel(0)
    // More leases in one slot than one call moves: all due in this slot, but 1 ms from now.
    for (let i = 0; i < 20_000; i++) wheel.place(sampleLease({ deadline: 50 }))
    expect(takeAll(wheel, 49)).toEqual([])
    expect(takeAll(wheel, 50)).toHaveLength(20_000)
  })

  test('reads no lease that is far from due, however many there are', () => {
    const wheel = new TimingWheel(0)
    let reads = 0
    for (let i = 0; i < 100_000; i++) wheel.place(watchedLease(86_400_000, () => reads++))
    const due = sampleLease({ deadline: 60_000 })
    wheel.place(due)
    reads = 0
    const taken: TableLease[] = []
    for (let now = 0; now < 100_000; now += 50) taken.push(...takeAll(wheel, now))
    expect(taken).toEqual([due])
    expect(reads).toBe(0)
  })

  test('reads a lease that is renewed regularly about once per TTL', () => {
    const wheel = new TimingWheel(0)
    let reads = 0
    let now = 0
    const lease = Object.defineProperty(sampleLease(), 'deadline', {
      get: () => {
        reads++
        // It was renewed a second ago, at any time.
        return now + 9_000
      },
    })
    wheel.place(lease)
    reads = 0
    for (; now < 1_000_000; now += 50) expect(takeAll(wheel, now)).toEqual([])
    // Each check reads the deadline a few times: to compare it, and to place the lease.
    expect(reads).toBeLessThan(4 * (1_000_000 / 9_000 + 1))
  })

  test('keeps one call short when very many leases move to later slots', () => {
    const wheel = new TimingWheel(0)
    const leases = Array.from({ length: 50_000 }, () => sampleLease({ deadline: 100 }))
    for (const lease of leases) wheel.place(lease)
    let reads = 0
    for (const lease of leases) {
      Object.defineProperty(lease, 'deadline', {
        get: () => {
          reads++
          return 60_000
        },
      })
    }
    expect(wheel.takeDue(1_000, 1000)).toMatchObject({ lapsed: [], more: true })
    expect(reads).toBeLessThanOrEqual(4 * 10_001)
    expect(takeAll(wheel, 1_000)).toEqual([])
  })
})

type Step =
  | { readonly kind: 'place'; readonly inMs: number }
  | { readonly kind: 'extend' | 'shorten'; readonly nth: number; readonly byMs: number }
  | { readonly kind: 'remove'; readonly nth: number }
  | { readonly kind: 'take'; readonly afterMs: number; readonly limit: number }

const duration = fc.oneof(
  fc.integer({ min: 0, max: 1_000 }),
  fc.integer({ min: 0, max: 3 * HORIZON_MS }),
  fc.constantFrom(0, 1, 63, 64, 65, HORIZON_MS - 64, HORIZON_MS, HORIZON_MS + 64),
)
const nth = fc.nat({ max: 30 })
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('place'), inMs: duration }),
  fc.record({ kind: fc.constantFrom('extend', 'shorten'), nth, byMs: duration }),
  fc.record({ kind: fc.constant('remove'), nth }),
  fc.record({
    kind: fc.constant('take'),
    afterMs: duration,
    limit: fc.integer({ min: 1, max: 5 }),
  }),
)

test('the timing wheel returns the same leases as a full scan', () => {
  const steps = fc.array(step, { maxLength: 100, size: 'max' })
  fc.assert(
    fc.property(steps, fc.nat({ max: HORIZON_MS }), (sequence, start) => {
      const wheel = new TimingWheel(start)
      const leases: TableLease[] = []
      let now = start
      for (const action of sequence) {
        if (action.kind === 'place') {
          leases.push(sampleLease({ deadline: now + action.inMs }))
          wheel.place(leases.at(-1) as TableLease)
        } else if (action.kind === 'take') {
          now += action.afterMs
          const due = leases.filter(({ deadline }) => deadline <= now)
          expect(wheel.countDue(now)).toBe(due.length)
          expect(new Set(takeAll(wheel, now, action.limit))).toEqual(new Set(due))
          for (const lease of due) leases.splice(leases.indexOf(lease), 1)
        } else {
          const lease = leases[action.nth]
          if (lease === undefined) continue
          if (action.kind === 'remove') {
            wheel.remove(lease)
            leases.splice(action.nth, 1)
          } else if (action.kind === 'extend') {
            // A heartbeat only writes the deadline; the wheel is not notified.
            lease.deadline = later(lease.deadline, action.byMs)
          } else {
            lease.deadline = later(lease.deadline, -action.byMs)
            wheel.place(lease)
          }
        }
      }
    }),
    { numRuns: 500 },
  )
})
