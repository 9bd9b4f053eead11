import { describe, expect, test } from 'vitest'
import { type AgentRegistration, toProfile } from '../../src/domain/agent-registration.ts'

const registration = (fields: Partial<AgentRegistration> = {}): AgentRegistration => ({
  agentId: 'scout',
  agentName: 'Scout',
  host: '10.0.0.7',
  port: 8000,
  ...fields,
})

describe('a registration', () => {
  test('has defaults for missing fields', () => {
    expect(toProfile(registration())).toEqual({
      agentName: 'Scout',
      host: '10.0.0.7',
      port: 8000,
      ttlSeconds: 60,
      metadata: null,
      capabilities: [],
      version: null,
      url: 'http://10.0.0.7:8000',
    })
  })

  test.each([
    ['example.com', 'http://example.com:8000'],
    ['::1', 'http://[::1]:8000'],
    ['[::1]', 'http://[::1]:8000'],
  ])('of host %s is called at %s', (host, url) => {
    expect(toProfile(registration({ host })).url).toBe(url)
  })

  test('prefers explicit capabilities and URL', () => {
    const metadata = { capabilities: ['search'] }
    expect(toProfile(registration({ metadata })).capabilities).toEqual(['search'])
    expect(toProfile(registration({ metadata, capabilities: null })).capabilities).toEqual([
      'search',
    ])
    expect(toProfile(registration({ metadata, capabilities: [] })).capabilities).toEqual([])
    expect(toProfile(registration({ url: 'https://a/' })).url).toBe('https://a/')
  })

  test.each([
    ['too many', Array.from({ length: 65 }, (_, i) => `c${i}`)],
    ['one too long', ['x'.repeat(129)]],
    ['one empty', ['']],
  ])('is rejected when its metadata has capabilities: %s', (_, capabilities) => {
    expect(() => toProfile(registration({ metadata: { capabilities } }))).toThrow(
      expect.objectContaining({
        code: 'INVALID_REGISTRATION',
        pointer: '/metadata/capabilities',
      }),
    )
  })

  test.each([
    [{ agentName: 'a\ud83d' }, '/agent_name'],
    [{ host: '\udc00' }, '/host'],
    [{ version: '\ud83d' }, '/version'],
    [{ url: 'http://\ud83d' }, '/url'],
    [{ capabilities: ['fine', '\ud83d'] }, '/capabilities/1'],
  ])('is rejected with an unpaired surrogate in %j', (fields, pointer) => {
    expect(() => toProfile(registration(fields))).toThrow(
      expect.objectContaining({ code: 'INVALID_REGISTRATION', pointer }),
    )
  })
})
