import { beforeEach, describe, expect, test } from 'vitest'
import { Pressure, WINDOW_MS } from '../../../src/http/overload/pressure.ts'

const LATE_MS = 70
/** Beyond all limits. */
const WORST_MS = 1000
const BETWEEN_MS = 35
const ON_TIME_MS = 1

let pressure: Pressure
let nowMs: number

beforeEach(() => {
  pressure = new Pressure()
  nowMs = 0
})

/** Lets windows of measurement pass, each with the same delay. */
function pass(windows: number, delayMs: number, { requests = 20, processors = 0.5 } = {}): void {
  for (let window = 0; window < windows; window++) {
    nowMs += WINDOW_MS
    pressure.observe({ delayMs, requests, processors, nowMs })
  }
}

function shares(): number[] {
  return (['read', 'change', 'heartbeat'] as const).map((each) => pressure.shareOf(each))
}

/** Returns how many of a number of requests are served. */
function served(loadClass: 'read' | 'change' | 'heartbeat', requests: number): number {
  return Array.from({ length: requests }, () => pressure.admits(loadClass)).filter(Boolean).length
}

test('a registry that is on time serves everything', () => {
  pass(100, ON_TIME_MS)
  expect(shares()).toEqual([0, 0, 0])
  expect(served('read', 100)).toBe(100)
  expect(pressure.since).toBeUndefined()
})

test('a single pause, however long, refuses nothing', () => {
  pass(2, 10_000)
  expect(shares()).toEqual([0, 0, 0])
  pass(1, ON_TIME_MS)
  pass(2, 10_000)
  expect(shares()).toEqual([0, 0, 0])
})

test('a registry that is late although few ask refuses nothing', () => {
  pass(100, WORST_MS, { requests: 19 })
  expect(shares()).toEqual([0, 0, 0])
})

test('a registry that other processes starve refuses nothing', () => {
  pass(100, WORST_MS, { processors: 0.49 })
  expect(shares()).toEqual([0, 0, 0])
})

test('reads are refused first, then registrations, then heartbeats', () => {
  const order: number[][] = []
  for (let window = 0; window < 40; window++) {
    pass(1, WORST_MS)
    order.push(shares())
  }
  for (const [reads = 0, changes = 0, heartbeats = 0] of order) {
    if (changes > 0) expect(reads).toBe(1)
    if (heartbeats > 0) expect(changes).toBe(1)
  }
  expect(order.at(-1)).toEqual([1, 1, 0.5])
})

test.each([
  [70, [1, 0, 0]],
  [200, [1, 1, 0]],
  [600, [1, 1, 0.5]],
])('while requests wait %i ms, the shares become %j', (delayMs, expected) => {
  pass(100, delayMs)
  expect(shares()).toEqual(expected)
})

test('the share grows by at most a half in a window, however late the registry is', () => {
  pass(3, 100_000)
  expect(shares()).toEqual([0.5, 0, 0])
  pass(1, 100_000)
  expect(shares()).toEqual([1, 0, 0])
})

test('at least half of the heartbeats are always served', () => {
  pass(100, 10_000)
  expect(served('heartbeat', 100)).toBe(50)
  expect(served('change', 100)).toBe(0)
  expect(served('read', 100)).toBe(0)
})

test('a share that is refused is spread evenly', () => {
  pass(3, LATE_MS)
  const share = pressure.shareOf('read')
  expect(share).toBeGreaterThan(0)
  expect(share).toBeLessThan(0.5)
  expect(Math.abs(served('read', 100) - 100 * (1 - share))).toBeLessThan(2)
})

describe('hysteresis', () => {
  test('an overload has not ended while a share is still refused, however early the registry is', () => {
    pass(100, WORST_MS)
    pass(5, 0)
    expect(shares()[0]).toBeGreaterThan(0)
    expect(pressure.since).toBeDefined()
  })

  test('a delay between the limits begins no overload', () => {
    pass(100, BETWEEN_MS)
    expect(shares()).toEqual([0, 0, 0])
    expect(pressure.since).toBeUndefined()
  })

  test.each([
    [2, 600, 300, 200],
    [1, 200, 60, 30],
    [0, 70, 30, 20],
  ])(
    'the share of class %i, refused at %i ms, shrinks slowly at %i ms and quickly at %i ms',
    (...given) => {
      const [index, lateMs, betweenMs, earlyMs] = given
      pass(100, lateMs)
      const share = () => shares()[index] ?? 0
      const worst = share()
      pass(1, betweenMs)
      const slowly = worst - share()
      pass(1, earlyMs)
      const quickly = worst - slowly - share()
      expect(slowly).toBeCloseTo(0.02)
      expect(quickly).toBeGreaterThan(10 * slowly)
    },
  )

  test('a delay that is not too much lets each class return in the end', () => {
    pass(100, 200)
    pass(100, LATE_MS)
    expect(shares()).toEqual([1, 0, 0])
    pass(100, BETWEEN_MS)
    expect(shares()).toEqual([0, 0, 0])
  })

  test('everything is served again within four seconds after the worst overload', () => {
    pass(100, WORST_MS)
    pass(4000 / WINDOW_MS, ON_TIME_MS)
    expect(shares()).toEqual([0, 0, 0])
    expect(pressure.since).toBeUndefined()
  })

  test('an overload ends only once the registry has been on time for a second', () => {
    pass(3, LATE_MS)
    pass(5, ON_TIME_MS)
    expect(shares()).toEqual([0, 0, 0])
    pass(1, BETWEEN_MS)
    pass(4, ON_TIME_MS)
    expect(pressure.since).toBeDefined()
    pass(1, ON_TIME_MS)
    expect(pressure.since).toBeUndefined()
  })
})

test('agents are asked for fewer heartbeats once an overload has lasted for five seconds', () => {
  pass(3, LATE_MS)
  const began = nowMs
  expect(pressure.isLasting(began)).toBe(false)
  pass(24, LATE_MS)
  expect(pressure.isLasting(nowMs)).toBe(false)
  pass(1, LATE_MS)
  expect([nowMs - began, pressure.isLasting(nowMs)]).toEqual([5000, true])
  pass(30, ON_TIME_MS)
  expect(pressure.isLasting(nowMs)).toBe(false)
})
