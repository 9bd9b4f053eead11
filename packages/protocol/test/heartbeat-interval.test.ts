import { expect, test } from 'vitest'
import { heartbeatIntervalSeconds, LIMITS, OVERLOAD_INTERVAL_FACTOR } from '../src/index.ts'

test.each([
  [LIMITS.ttlSeconds.minimum, 0.333],
  [2, 0.667],
  [LIMITS.ttlSeconds.default, 20],
  [LIMITS.ttlSeconds.maximum, 28_800],
])('an agent with a TTL of %i s should send a heartbeat every %d s', (ttl, interval) => {
  expect(heartbeatIntervalSeconds(ttl)).toBe(interval)
})

test('an overloaded registry asks for half of the TTL, which leaves time to repeat a heartbeat', () => {
  expect(heartbeatIntervalSeconds(60, OVERLOAD_INTERVAL_FACTOR)).toBe(30)
  expect(heartbeatIntervalSeconds(1, OVERLOAD_INTERVAL_FACTOR)).toBe(0.5)
})
