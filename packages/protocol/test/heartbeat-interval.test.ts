import { expect, test } from 'vitest'
import { heartbeatIntervalSeconds, LIMITS } from '../src/index.ts'

test.each([
  [LIMITS.ttlSeconds.minimum, 0.333],
  [2, 0.667],
  [LIMITS.ttlSeconds.default, 20],
  [LIMITS.ttlSeconds.maximum, 28_800],
])('an agent with a TTL of %i s should send a heartbeat every %d s', (ttl, interval) => {
  expect(heartbeatIntervalSeconds(ttl)).toBe(interval)
})
