import { expect, test } from 'vitest'
import { systemClock } from '../src/clock.ts'

test('a delay beyond the platform limit does not fire immediately', async () => {
  let fired = 0
  const cancel = systemClock.setTimer(() => fired++, 1e12, true)
  await new Promise((resolve) => setTimeout(resolve, 50))
  cancel()
  expect(fired).toBe(0)
})
