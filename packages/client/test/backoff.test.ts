import { expect, test } from 'vitest'
import { backoffMs, retryDelayMs } from '../src/agent/backoff.ts'
import { ApiError } from '../src/errors/api-error.ts'

test('the limit starts at 250 ms and doubles with each failure', () => {
  const limits = [1, 2, 3, 4, 5].map((failures) => backoffMs(failures, 60_000, 1))
  expect(limits).toEqual([250, 500, 1000, 2000, 4000])
})

test('the delay is between 100 ms and the limit', () => {
  expect(backoffMs(3, 60_000, 0)).toBe(100)
  expect(backoffMs(3, 60_000, 0.25)).toBe(325)
  expect(backoffMs(3, 60_000, 0.5)).toBe(550)
})

test('the delay never exceeds the maximum, after any number of failures', () => {
  for (const failures of [1, 10, 31, 32, 1000, Number.MAX_SAFE_INTEGER]) {
    expect(backoffMs(failures, 100, 1)).toBe(100)
  }
})

test('the delay is a whole number of milliseconds', () => {
  expect(backoffMs(1, 333.3, 0.123)).toBe(118)
})

test.each([
  [undefined, 175],
  [0, 175],
  [7, 7125],
  [0.1, 150],
  [3600, 20_000],
])('with Retry-After: %s and the random value 0.5 the delay is %d ms', (retryAfterSeconds, ms) => {
  const error = new ApiError('overloaded', { status: 503, code: 'X', retryAfterSeconds })
  expect(retryDelayMs(error, { failures: 1, maxMs: 20_000, random: 0.5 })).toBe(ms)
})
