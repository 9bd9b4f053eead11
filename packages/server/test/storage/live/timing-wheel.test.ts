import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { TableLease } from '../../../src/storage/live/table/table-lease.ts'
import { TimingWheel } from '../../../src/storage/live/table/timing-wheel.ts'
import { sampleLease } from './sample-lease.ts'

/** How far the ring looks ahead; leases due later go round more than once. */
const HORIZON_MS = 2048 * 64

function takeAll(wheel: TimingWheel, now: number, limit = 1000): TableLease[] {
  const taken: TableLease[] = []
  for (let calls = 0; ; calls++) {
    if (calls > 10_000) throw new Error('the wheel never comes to an end')
    const { lapsed, more } = wheel.takeDue(now, limit)
    taken.push(...lapsed)
    if (!more) return taken
  }
}

/** A lease whose deadline reports every look at it. */
function watchedLease(deadline: number, onLook: () => void): TableLease {
  return Object.defineProperty(sampleLease(), 'deadline', {
    get: () => {
      onLook()
      return deadline
    },
  })
}

describe('the timing wheel', () => {
  test.each([1, 63, 64, 65, 1_000, HORIZON_MS - 1, HORIZON_MS, HORIZON_MS + 1, 86_400_000])(
    'gives a lease at its deadline in %i ms, and not a millisecond sooner',
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

  test('gives a lease at the deadline that it has, not at the one it was placed with', () => {
    const wheel = new TimingWheel(0)
    const lease = sampleLease({ deadline: 1_000 })
    wheel.place(lease)
    lease.deadline = 500_000
    expect(takeAll(wheel, 499_999)).toEqual([])
    expect(takeAll(wheel, 500_000)).toEqual([lease])
  })

  test('gives a lease sooner when it was placed anew with an earlier deadline', () => {
    const wheel = new TimingWheel(0)
    const lease = sampleLease({ deadline: 500_000 })
    wheel.place(lease)
    lease.deadline = 1_000
    wheel.place(lease)
    expect(takeAll(wheel, 1_000)).toEqual([lease])
  })

  test('takes a lease that is overdue already, wherever its clock stands', () => {
    const wheel = new TimingWheel(1_000_000)
    const lease = sampleLease({ deadline: 5 })
    wheel.place(lease)
    expect(wheel.countDue(1_000_000)).toBe(1)
    expect(takeAll(wheel, 1_000_000)).toEqual([lease])
  })

  test('forgets a lease that was removed, and does not mind one that is not there', () => {
    const wheel = new TimingWheel(0)
    const [first, second] = [sampleLease(), sampleLease()]
    wheel.place(first)
    wheel.place(second)
    wheel.remove(first)
    wheel.remove(first)
    expect(takeAll(wheel, 20_000)).toEqual([second])
  })

  test('stops at the limit and goes on from there', () => {
    const wheel = new TimingWheel(0)
    for (let i = 0; i < 25; i++) wheel.place(sampleLease({ deadline: 100 * i }))
    const sizes = Array.from({ length: 3 }, () => wheel.takeDue(10_000, 10).lapsed.length)
    expect(sizes).toEqual([10, 10, 5])
    expect(wheel.takeDue(10_000, 10)).toEqual({ lapsed: [], more: false })
  })

  test('does not ask to be called again for leases that are not due yet', () => {
    const wheel = new TimingWheel(0)
    // One slot, more leases than one call looks at: all due in this slot, but 1 ms from now.
    for (let i = 0; i < 20_000; i++) wheel.place(sampleLease({ deadline: 50 }))
    expect(takeAll(wheel, 49)).toEqual([])
    expect(takeAll(wheel, 50)).toHaveLength(20_000)
  })

  test('looks at no lease that is far from due, however many there are', () => {
    const wheel = new TimingWheel(0)
    let looks = 0
    for (let i = 0; i < 100_000; i++) wheel.place(watchedLease(86_400_000, () => looks++))
    const due = sampleLease({ deadline: 60_000 })
    wheel.place(due)
    looks = 0
    const taken: TableLease[] = []
    for (let now = 0; now < 100_000; now += 50) taken.push(...takeAll(wheel, now))
    expect(taken).toEqual([due])
    expect(looks).toBe(0)
  })

  test('looks at a lease that keeps beating about once a TTL', () => {
    const wheel = new TimingWheel(0)
    let looks = 0
    let now = 0
    const lease = Object.defineProperty(sampleLease(), 'deadline', {
      get: () => {
        looks++
        // It beat a second ago, whenever that is.
        return now + 9_000
      },
    })
    wheel.place(lease)
    looks = 0
    for (; now < 1_000_000; now += 50) expect(takeAll(wheel, now)).toEqual([])
    // Each look reads the deadline a few times: to judge it, and to place the lease.
    expect(looks).toBeLessThan(4 * (1_000_000 / 9_000 + 1))
  })

  test('keeps one call short when a great many leases move on', () => {
    const wheel = new TimingWheel(0)
    const leases = Array.from({ length: 50_000 }, () => sampleLease({ deadline: 100 }))
    for (const lease of leases) wheel.place(lease)
    let looks = 0
    for (const lease of leases) {
      Object.defineProperty(lease, 'deadline', {
        get: () => {
          looks++
          return 60_000
        },
      })
    }
    expect(wheel.takeDue(1_000, 1000)).toMatchObject({ lapsed: [], more: true })
    expect(looks).toBeLessThanOrEqual(4 * 10_001)
    expect(takeAll(wheel, 1_000)).toEqual([])
  })
})

type Step =
  | { readonly kind: 'place'; readonly inMs: number }
  | { readonly kind: 'beat' | 'hasten'; readonly nth: number; readonly byMs: number }
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
  fc.record({ kind: fc.constantFrom('beat', 'hasten'), nth, byMs: duration }),
  fc.record({ kind: fc.constant('remove'), nth }),
  fc.record({
    kind: fc.constant('take'),
    afterMs: duration,
    limit: fc.integer({ min: 1, max: 5 }),
  }),
)

test('the timing wheel gives what a look at every lease would find', () => {
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
          } else if (action.kind === 'beat') {
            // A heartbeat only writes the deadline; the wheel hears nothing of it.
            lease.deadline += action.byMs
          } else {
            lease.deadline -= action.byMs
            wheel.place(lease)
          }
        }
      }
    }),
    { numRuns: 500 },
  )
})
