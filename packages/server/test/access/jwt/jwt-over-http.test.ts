import type { AnonymousAccess, Clock } from '@rollcall/server'
import { ManualClock } from '@rollcall/server/testing'
import { expect, test } from 'vitest'
import { type GuardedRegistry, guardedRegistry } from '../support/guarded-registry.ts'
import { AUDIENCE, type IdentityProvider, identityProvider } from './support/identity-provider.ts'

const RULES = 'alice = agent team-a:*; auditor = read; tenant = read reads=team-a:*'

/** Starts a registry that accepts the tokens of a new provider. */
async function registryOf(
  provider: IdentityProvider,
  options: { clock?: Clock; anonymous?: AnonymousAccess } = {},
): Promise<GuardedRegistry> {
  const jwt = { issuer: provider.issuer, audience: AUDIENCE, rules: RULES }
  const registry = await guardedRegistry({ jwt, ...options })
  await registry.add('team-a:1')
  await registry.add('team-b:1')
  return registry
}

const BEAT = '/agents/team-a:1/heartbeat'

test('a caller with a token may do what a rule says, on every way', async () => {
  await using provider = await identityProvider()
  await using registry = await registryOf(provider)
  const token = await provider.token()
  const status = async (...request: Parameters<GuardedRegistry['send']>) =>
    (await registry.send(...request)).status
  // The first heartbeat verifies the token, the second one takes the fast path.
  for (const _ of [1, 2]) {
    expect(await status('POST', BEAT, { token })).toBe(200)
    expect(await status('POST', '/agents/team-b:1/heartbeat', { token })).toBe(403)
    expect(await status('GET', '/agents', { token })).toBe(200)
    expect(await status('POST', '/agents/cleanup', { token })).toBe(403)
  }
  const fleet = { agent_ids: ['team-a:1', 'team-b:1'] }
  const batch = await registry.send('POST', '/agents/heartbeats', { token, json: fleet })
  expect(await batch.json()).toMatchObject({ ok: 1, forbidden: ['team-b:1'] })
})

test('a rule limits what a caller sees; then, callers without a token see nothing by default', async () => {
  await using provider = await identityProvider()
  await using registry = await registryOf(provider, { anonymous: 'auto' })
  const token = await provider.token({ claims: { sub: 'tenant' } })
  const list = await registry.send('GET', '/agents', { token })
  expect(await list.json()).toMatchObject([{ agent_id: 'team-a:1' }])
  expect((await registry.send('GET', '/agents/team-b:1', { token })).status).toBe(404)
  expect((await registry.send('GET', '/agents')).status).toBe(401)
})

test('the token may be the password of tools that know nothing else', async () => {
  await using provider = await identityProvider()
  await using registry = await registryOf(provider)
  const password = Buffer.from(`me:${await provider.token()}`).toString('base64')
  const response = await registry.send('POST', BEAT, {
    headers: { authorization: `Basic ${password}` },
  })
  expect(response.status).toBe(200)
})

test('a token that is refused is a 401 that says why, on the fast path as well', async () => {
  await using provider = await identityProvider()
  await using registry = await registryOf(provider)
  const cases = [
    [{ aud: 'billing' }, 'The token of the request is for another audience.'],
    [{ exp: 1 }, 'The token of the request has expired.'],
  ] as const
  for (const [claims, detail] of cases) {
    const response = await registry.send('POST', BEAT, { token: await provider.token({ claims }) })
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toContain('error="invalid_token"')
    expect(await response.json()).toMatchObject({
      code: 'UNAUTHENTICATED',
      detail: expect.stringContaining(detail),
    })
  }
})

test('a caller that no rule knows is told so with a 403', async () => {
  await using provider = await identityProvider()
  await using registry = await registryOf(provider)
  const token = await provider.token({ claims: { sub: 'stranger' } })
  for (const [method, path] of [
    ['GET', '/agents'],
    ['POST', BEAT],
  ] as const) {
    const response = await registry.send(method, path, { token })
    expect(response.status).toBe(403)
    expect(await response.json()).toMatchObject({
      detail: expect.stringContaining('"stranger (jwt)" is known, but no rule'),
    })
  }
})

test('while the keys cannot be read, an unknown token is a 503 and a known one works', async () => {
  await using provider = await identityProvider()
  await using registry = await registryOf(provider)
  const known = await provider.token()
  expect((await registry.send('POST', BEAT, { token: known })).status).toBe(200)
  await provider[Symbol.asyncDispose]()
  await using down = await registryOf(provider)
  const response = await down.send('POST', BEAT, { token: known })
  expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1'])
  expect(await response.json()).toMatchObject({ code: 'IDENTITY_UNAVAILABLE' })
  expect((await registry.send('POST', BEAT, { token: known })).status).toBe(200)
})

test('tokens in a file work beside those of a provider, also while that is down', async () => {
  await using provider = await identityProvider()
  await provider[Symbol.asyncDispose]()
  await using registry = await registryOf(provider)
  const token = 'a-token-for-the-agents-of-the-team-a'
  expect((await registry.send('POST', BEAT, { token })).status).toBe(200)
})

test('a token of 100 KB is too large for the headers of a request', async () => {
  await using provider = await identityProvider()
  await using registry = await registryOf(provider)
  const token = await provider.token({ claims: { filler: 'x'.repeat(100_000) } })
  const response = await registry.send('GET', '/agents', { token })
  expect(response.status).toBe(431)
})

test('a stream ends when its token expires', async () => {
  const clock = new ManualClock({ wallMs: Date.now() })
  await using provider = await identityProvider({ now: () => clock.wallMs() })
  await using registry = await registryOf(provider, { clock })
  const token = await provider.token({ claims: { sub: 'auditor' } })
  const response = await registry.send('GET', '/events', {
    token,
    headers: { accept: 'text/event-stream' },
  })
  expect(response.status).toBe(200)
  const received = response.text()
  // Clocks may differ by 30 seconds.
  clock.stepWall(3_630_000)
  expect(await received).toContain(
    'the credential of the caller was revoked, has expired, or sees other agents than before',
  )
  expect((await registry.send('GET', '/agents', { token })).status).toBe(401)
})
