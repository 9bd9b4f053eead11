import { expect, test } from 'vitest'
import { backoffMs, pauseAfter } from '../src/agent/backoff.ts'
import { ApiError } from '../src/errors/api-error.ts'

test('the limit begins at 250 ms and doubles with each failure', () => {
  const limits = [1, 2, 3, 4, 5].map((failures) => backoffMs(failures, 60_000, 1))
  expect(limits).toEqual([250, 500, 1000, 2000, 4000])
})

test('the pause is anything between 100 ms and the limit', () => {
  expect(backoffMs(3, 60_000, 0)).toBe(100)
  expect(backoffMs(3, 60_000, 0.25)).toBe(325)
  expect(backoffMs(3, 60_000, 0.5)).toBe(550)
})

test('it is never more than it may be, however many failures there were', () => {
  for (const failures of [1, 10, 31, 32, 1000, Number.MAX_SAFE_INTEGER]) {
    expect(backoffMs(failures, 100, 1)).toBe(100)
  }
})

test('it is a whole number of milliseconds', () => {
  expect(backoffMs(1, 333.3, 0.123)).toBe(118)
})

test.each([
  [undefined, 175],
  [0, 175],
  [7, 7125],
  [0.1, 150],
  [3600, 20_000],
])('with Retry-After: %s it is %d ms by even chance', (retryAfterSeconds, ms) => {
  const error = new ApiError('overloaded', { status: 503, code: 'X', retryAfterSeconds })
  expect(pauseAfter(error, { failures: 1, mostMs: 20_000, random: 0.5 })).toBe(ms)
})
