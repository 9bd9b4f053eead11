import { expect, test } from 'vitest'
import { parseRetryAfter } from '../src/transport/retry-after.ts'

const NOW_MS = Date.UTC(1994, 10, 6, 8, 48, 37)

test.each([
  ['120', 120],
  ['0', 0],
  ['1.5', 1.5],
  [' 7 ', 7],
])('"%s" is a number of seconds', (header, seconds) => {
  expect(parseRetryAfter(header, NOW_MS)).toBe(seconds)
})

test.each([
  ['IMF-fixdate', 'Sun, 06 Nov 1994 08:49:37 GMT'],
  ['RFC 850', 'Sunday, 06-Nov-94 08:49:37 GMT'],
  ['asctime', 'Sun Nov  6 08:49:37 1994'],
])('a date in the format %s is converted to seconds from now', (_, header) => {
  expect(parseRetryAfter(header, NOW_MS)).toBe(60)
})

test('a date is rounded up to whole seconds', () => {
  expect(parseRetryAfter('Sun, 06 Nov 1994 08:49:37 GMT', NOW_MS + 1)).toBe(60)
})

test('a date in the past is 0, never negative', () => {
  expect(parseRetryAfter('Sat, 05 Nov 1994 08:49:37 GMT', NOW_MS)).toBe(0)
})

test.each([null, '', '-5', 'soon', 'NaN', 'Infinity', '1e3', '2026-10-21', 'Sun, 99 Foo 1994'])(
  '%s is invalid',
  (header) => {
    expect(parseRetryAfter(header, NOW_MS)).toBeUndefined()
  },
)

test('a date is compared with the current time by default', () => {
  const inAnHour = new Date(Date.now() + 3_600_000).toUTCString()
  expect(parseRetryAfter(inAnHour)).toBeGreaterThan(3000)
})
