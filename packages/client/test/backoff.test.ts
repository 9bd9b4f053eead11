import { expect, test } from 'vitest'
import { backoffMs } from '../src/backoff.ts'

test('the limit begins at 250 ms and doubles with each failure', () => {
  const limits = [1, 2, 3, 4, 5].map((failures) => backoffMs(failures, 60_000, 1))
  expect(limits).toEqual([250, 500, 1000, 2000, 4000])
})

test('the pause is anything between nothing and the limit', () => {
  expect(backoffMs(3, 60_000, 0)).toBe(0)
  expect(backoffMs(3, 60_000, 0.25)).toBe(250)
  expect(backoffMs(3, 60_000, 0.5)).toBe(500)
})

test('it is never more than it may be, however many failures there were', () => {
  for (const failures of [1, 10, 31, 32, 1000, Number.MAX_SAFE_INTEGER]) {
    expect(backoffMs(failures, 100, 1)).toBe(100)
  }
})

test('it is a whole number of milliseconds', () => {
  expect(backoffMs(1, 333.3, 0.123)).toBe(31)
})
