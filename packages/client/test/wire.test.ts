// What an agent looks like when its registry says less than ours, or says nonsense.
import { afterEach, describe, expect, test, vi } from 'vitest'
import { isNetworkError } from '../src/index.ts'
import { toAgent } from '../src/transport/wire.ts'

afterEach(() => void vi.unstubAllEnvs())

/** As the original contract shows it. */
const ORIGINAL = {
  agent_id: 'a',
  agent_name: 'A',
  host: '10.0.0.7',
  port: 8001,
  ttl_seconds: 30,
  metadata: { capabilities: ['search'] },
  registered_at: '2026-01-01T00:00:00.000000',
  last_heartbeat: '2026-01-02 00:00:00.5',
  is_alive: true,
}

describe('an agent of a registry of the original contract', () => {
  test('has what ours would have said of it', () => {
    vi.stubEnv('TZ', 'America/New_York')
    expect(toAgent(ORIGINAL)).toEqual({
      agentId: 'a',
      agentName: 'A',
      host: '10.0.0.7',
      port: 8001,
      url: 'http://10.0.0.7:8001',
      version: null,
      ttlSeconds: 30,
      metadata: { capabilities: ['search'] },
      capabilities: ['search'],
      status: 'ready',
      load: null,
      // Times without a zone are UTC.
      registeredAt: new Date('2026-01-01T00:00:00.000Z'),
      lastHeartbeat: new Date('2026-01-02T00:00:00.500Z'),
      expiresAt: new Date('2026-01-02T00:00:30.500Z'),
      isAlive: true,
      revision: 0,
    })
  })

  test('is expired when it is not alive, also by its times alone', () => {
    expect(toAgent({ ...ORIGINAL, is_alive: false }).status).toBe('expired')
    expect(toAgent({ ...ORIGINAL, is_alive: undefined })).toMatchObject({
      isAlive: false,
      status: 'expired',
    })
  })

  test('with an IPv6 address has brackets in its URL', () => {
    expect(toAgent({ ...ORIGINAL, host: '::1' }).url).toBe('http://[::1]:8001')
  })
})

test.each(['2026-01-01T00:00:00Z', '2026-01-01T01:00:00+01:00', '2025-12-31T19:00:00-0500'])(
  'a time with a zone is what it says: %s',
  (text) => {
    vi.stubEnv('TZ', 'Asia/Tokyo')
    const { lastHeartbeat } = toAgent({ ...ORIGINAL, last_heartbeat: text })
    expect(lastHeartbeat.toISOString()).toBe('2026-01-01T00:00:00.000Z')
  },
)

test.each([null, 5, 'soon', [], {}, { agent_id: 5 }, { agent_id: null }])(
  '%j is no agent, which may be better the next time',
  (wire) => {
    expect(() => toAgent(wire)).toThrow('Is that a Rollcall registry?')
    try {
      toAgent(wire)
    } catch (error) {
      expect(isNetworkError(error)).toBe(true)
    }
  },
)
