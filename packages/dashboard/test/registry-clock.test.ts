import { expect, test } from 'vitest'
import { RegistryClock } from '../src/registry/registry-clock.ts'

const HTTP_DATE = 'Fri, 27 Nov 2026 12:00:05 GMT'
const DATE_MS = Date.UTC(2026, 10, 27, 12, 0, 5)

test('the clock of the registry is estimated from its responses, whatever the browser has', () => {
  let localMs = DATE_MS - 3_600_000
  const clock = new RegistryClock(() => localMs)
  expect(clock.now()).toBe(localMs)
  clock.observe(HTTP_DATE)
  expect(clock.now()).toBe(DATE_MS)
  localMs += 900
  // The same second, 0.9 s later: the first response was nearer to the beginning of that second.
  clock.observe(HTTP_DATE)
  expect(clock.now()).toBe(DATE_MS + 900)
})

test('a response without a time changes nothing', () => {
  const clock = new RegistryClock(() => 5)
  for (const date of [null, '', 'soon']) clock.observe(date)
  expect(clock.now()).toBe(5)
})

test('old samples are forgotten, so that a clock that was set back is followed', () => {
  let localMs = DATE_MS
  const clock = new RegistryClock(() => localMs)
  clock.observe(HTTP_DATE)
  localMs += 60_000
  for (let i = 0; i < 60; i++) clock.observe(HTTP_DATE)
  expect(clock.now()).toBe(DATE_MS)
})
