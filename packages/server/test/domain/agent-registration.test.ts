import { describe, expect, test } from 'vitest'
import { type AgentRegistration, toProfile } from '../../src/domain/agent-registration.ts'

const registration = (said: Partial<AgentRegistration> = {}): AgentRegistration => ({
  agentId: 'scout',
  agentName: 'Scout',
  host: '10.0.0.7',
  port: 8000,
  ...said,
})

describe('a registration', () => {
  test('has defaults for what was not said', () => {
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

  test('prefers the capabilities and the URL that were said', () => {
    const metadata = { capabilities: ['told'] }
    expect(toProfile(registration({ metadata })).capabilities).toEqual(['told'])
    expect(toProfile(registration({ metadata, capabilities: null })).capabilities).toEqual(['told'])
    expect(toProfile(registration({ metadata, capabilities: [] })).capabilities).toEqual([])
    expect(toProfile(registration({ url: 'https://a/' })).url).toBe('https://a/')
  })

  test.each([
    ['too many', Array.from({ length: 65 }, (_, i) => `c${i}`)],
    ['one too long', ['x'.repeat(129)]],
    ['one empty', ['']],
  ])('is refused when its metadata names capabilities: %s', (_, capabilities) => {
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
  ])('is refused with half of a surrogate pair in %j', (said, pointer) => {
    expect(() => toProfile(registration(said))).toThrow(
      expect.objectContaining({ code: 'INVALID_REGISTRATION', pointer }),
    )
  })
})
