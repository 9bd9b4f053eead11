import { describe, expect, test } from 'vitest'
import { retryPauseMs } from '../../src/webhooks/delivery/retry-pause.ts'

const DAY_MS = 86_400_000
const longest = (attempts: number, more: object = {}) =>
  retryPauseMs(attempts, { remainingMs: DAY_MS, ...more }, () => 0)

describe('the pause before the next attempt', () => {
  test('doubles from a second to five minutes, and no further', () => {
    const pauses = [1, 2, 3, 4, 9, 10, 11, 1000].map((attempts) => longest(attempts))
    expect(pauses).toEqual([1000, 2000, 4000, 8000, 256_000, 300_000, 300_000, 300_000])
  })

  test('is shorter by a random part of up to half of it', () => {
    expect(retryPauseMs(4, { remainingMs: DAY_MS }, () => 0.999_999)).toBeCloseTo(4000, 0)
    const pauses = Array.from({ length: 100 }, () => retryPauseMs(4, { remainingMs: DAY_MS }))
    expect(new Set(pauses).size).toBeGreaterThan(50)
  })

  test('is what the receiver asks for, if that is longer', () => {
    expect(longest(1, { retryAfterMs: 60_000 })).toBe(60_000)
    expect(longest(1, { retryAfterMs: 1 })).toBe(1000)
  })

  test('ends when the webhook is disabled, so that there is a last attempt', () => {
    expect(longest(10, { remainingMs: 5000 })).toBe(5000)
    expect(longest(1, { retryAfterMs: 1e12, remainingMs: 5000 })).toBe(5000)
    expect(longest(1, { remainingMs: -1 })).toBe(0)
  })
})
