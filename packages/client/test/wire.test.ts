// Agents of a registry that omits fields or sends invalid ones.
import { AGENT_DETAILS, NO_DETAILS } from '@rollcall/protocol'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { isNetworkError } from '../src/index.ts'
import { toAgent } from '../src/transport/wire.ts'

afterEach(() => void vi.unstubAllEnvs())

/** An agent in the original contract. */
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
  test('gets the missing fields as a Rollcall registry would set them', () => {
    vi.stubEnv('TZ', 'America/New_York')
    expect(toAgent(ORIGINAL)).toEqual({
      agentId: 'a',
      agentName: 'A',
      host: '10.0.0.7',
      port: 8001,
      url: 'http://10.0.0.7:8001',
      version: null,
      ...NO_DETAILS,
      ttlSeconds: 30,
      metadata: { capabilities: ['search'] },
      capabilities: ['search'],
      tags: [],
      hasCard: false,
      status: 'ready',
      load: null,
      maintenance: null,
      instanceId: null,
      incarnation: 1,
      owner: null,
      // Times without a zone are UTC.
      registeredAt: new Date('2026-01-01T00:00:00.000Z'),
      updatedAt: new Date('2026-01-01T00:00:00.000Z'),
      lastHeartbeat: new Date('2026-01-02T00:00:00.500Z'),
      expiresAt: new Date('2026-01-02T00:00:30.500Z'),
      isAlive: true,
      revision: 0,
    })
  })

  test.each([...AGENT_DETAILS.map(({ wireName }) => wireName), 'maintenance', 'instance_id'])(
    'has the same %s whether the registry omits it or sends null',
    (field) => {
      expect(toAgent({ ...ORIGINAL, [field]: null })).toEqual(toAgent(ORIGINAL))
    },
  )

  test.each(AGENT_DETAILS)('may have $wireName alone', ({ name, wireName, example }) => {
    const expected = { ...toAgent(ORIGINAL), [name]: example }
    expect(toAgent({ ...ORIGINAL, [wireName]: example })).toEqual(expected)
  })

  test('is expired if it is not alive, also according to its times alone', () => {
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
  'a time zone is respected: %s',
  (text) => {
    vi.stubEnv('TZ', 'Asia/Tokyo')
    const { lastHeartbeat } = toAgent({ ...ORIGINAL, last_heartbeat: text })
    expect(lastHeartbeat.toISOString()).toBe('2026-01-01T00:00:00.000Z')
  },
)

test.each([null, 5, 'soon', [], {}, { agent_id: 5 }, { agent_id: null }])(
  '%j is not an agent, which is a transient error',
  (wire) => {
    expect(() => toAgent(wire)).toThrow('Is that a Rollcall registry?')
    try {
      toAgent(wire)
    } catch (error) {
      expect(isNetworkError(error)).toBe(true)
    }
  },
)
