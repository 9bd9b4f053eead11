import { describe, expect, test } from 'vitest'
import { RateLimiter } from '../../../src/http/callers/rate-limiter.ts'

/** Sends requests at one moment. Returns how many of them are within the limit. */
function served(limiter: RateLimiter, requests: number, now: number, caller = 'a'): number {
  return Array.from({ length: requests }, () => limiter.take(caller, 1, now)).filter(
    (waitMs) => waitMs === 0,
  ).length
}

test('a caller may send the requests of one second at once', () => {
  const limiter = new RateLimiter({ perSecond: 10 })
  expect(served(limiter, 100, 1000)).toBe(10)
})

test('over a longer time it may send as many as the rate allows', () => {
  const limiter = new RateLimiter({ perSecond: 10 })
  let total = 0
  for (let now = 0; now < 60_000; now += 10) total += served(limiter, 5, now)
  expect(total).toBe(10 + 10 * 60 - 1)
})

test('refused requests count nothing: it may send again once the rate allows it', () => {
  const limiter = new RateLimiter({ perSecond: 10 })
  served(limiter, 1000, 0)
  expect(served(limiter, 1000, 100)).toBe(1)
})

test('a refused caller learns when it may send again', () => {
  const limiter = new RateLimiter({ perSecond: 2 })
  served(limiter, 2, 0)
  const waitMs = limiter.take('a', 1, 100)
  expect(waitMs).toBe(400)
  expect(limiter.take('a', 1, 100 + waitMs)).toBe(0)
})

test('callers do not affect each other', () => {
  const limiter = new RateLimiter({ perSecond: 10 })
  served(limiter, 100, 0, 'a')
  expect(served(limiter, 100, 0, 'b')).toBe(10)
})

test('a rate of less than one a second allows one request at a time', () => {
  const limiter = new RateLimiter({ perSecond: 0.1 })
  expect(served(limiter, 5, 0)).toBe(1)
  expect(served(limiter, 5, 9999)).toBe(0)
  expect(served(limiter, 5, 10_000)).toBe(1)
})

describe('a request that counts as many', () => {
  test('uses up as much of the rate', () => {
    const limiter = new RateLimiter({ perSecond: 10 })
    expect(limiter.take('a', 9, 0)).toBe(0)
    expect(served(limiter, 10, 0)).toBe(1)
  })

  test('is allowed after a pause, even if it exceeds the burst, and then paid for', () => {
    const limiter = new RateLimiter({ perSecond: 10 })
    expect(limiter.take('a', 50, 0)).toBe(0)
    expect(served(limiter, 1, 4000)).toBe(0)
    expect(served(limiter, 1, 4100)).toBe(1)
  })
})

describe('many callers', () => {
  const options = { perSecond: 1, maxCallers: 100 }

  function fill(limiter: RateLimiter, now: number): void {
    for (let index = 0; index < 100; index++) limiter.take(`caller-${index}`, 1, now)
  }

  test('take a limited amount of memory', () => {
    const limiter = new RateLimiter(options)
    for (let index = 0; index < 10_000; index++) limiter.take(`caller-${index}`, 1, index)
    expect(limiter.size).toBeLessThanOrEqual(101)
  })

  test('beyond the limit share one rate, and the others keep theirs', () => {
    const limiter = new RateLimiter(options)
    fill(limiter, 0)
    expect(limiter.take('caller-6', 1, 0)).toBeGreaterThan(0)
    expect(limiter.take('new-1', 1, 0)).toBe(0)
    expect(limiter.take('new-2', 1, 0)).toBeGreaterThan(0)
    expect(limiter.take('caller-7', 1, 0)).toBeGreaterThan(0)
    expect(limiter.take('caller-7', 1, 1000)).toBe(0)
  })

  test('are forgotten once they may send as much as any other', () => {
    const limiter = new RateLimiter(options)
    fill(limiter, 0)
    expect(limiter.take('new-1', 1, 2000)).toBe(0)
    expect(limiter.take('new-2', 1, 2000)).toBe(0)
    expect(limiter.size).toBe(2)
  })

  test('are searched for those to forget at most once a second', () => {
    const limiter = new RateLimiter(options)
    fill(limiter, 0)
    limiter.take('new-1', 1, 500)
    limiter.take('new-2', 1, 1400)
    expect(limiter.size).toBe(101)
    limiter.take('new-3', 1, 1500)
    expect(limiter.size).toBeLessThan(101)
  })
})
