import { AGENT_DETAILS, NO_DETAILS } from '@rollcall/protocol'
import { describe, expect, test } from 'vitest'
import { type AgentRegistration, toProfile } from '../../src/domain/agent-registration.ts'

const registration = (fields: Partial<AgentRegistration> = {}): AgentRegistration => ({
  agentId: 'scout',
  agentName: 'Scout',
  host: '10.0.0.7',
  port: 8000,
  ...fields,
})

/** The fields of a registration that are texts. */
type TextField = {
  [Field in keyof AgentRegistration]-?: string extends NonNullable<AgentRegistration[Field]>
    ? Field
    : never
}[keyof AgentRegistration]

/** For every text but the id, whose alphabet has no such character, and the metadata: an unpaired surrogate. */
const UNPAIRED: Record<
  Exclude<TextField, 'agentId' | 'instanceId' | 'metadata'>,
  { readonly value: string; readonly pointer: string }
> = {
  agentName: { value: 'a\ud83d', pointer: '/agent_name' },
  host: { value: '\udc00', pointer: '/host' },
  version: { value: '\ud83d', pointer: '/version' },
  url: { value: 'http://\ud83d', pointer: '/url' },
}

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
      details: NO_DETAILS,
      tags: [],
      card: null,
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
    ...Object.entries(UNPAIRED).map(
      ([field, { value, pointer }]) => [{ [field]: value }, pointer] as const,
    ),
    ...AGENT_DETAILS.map(
      ({ name, wireName }) => [{ details: { [name]: '\ud83d' } }, `/${wireName}`] as const,
    ),
    [{ capabilities: ['fine', '\ud83d'] }, '/capabilities/1'] as const,
  ])('is rejected with an unpaired surrogate in %j', (fields, pointer) => {
    expect(() => toProfile(registration(fields))).toThrow(
      expect.objectContaining({ code: 'INVALID_REGISTRATION', pointer }),
    )
  })
})
