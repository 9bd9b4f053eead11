import { expect, test } from 'vitest'
import { systemClock } from '../src/clock.ts'

test('a time that is longer than the platform can wait is not taken for none', async () => {
  let rings = 0
  const cancel = systemClock.setTimer(() => rings++, 1e12, true)
  await new Promise((resolve) => setTimeout(resolve, 50))
  cancel()
  expect(rings).toBe(0)
})
