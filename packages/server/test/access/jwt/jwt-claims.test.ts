import { expect, test } from 'vitest'
import { forgedToken } from './support/forged-token.ts'
import { openedJwt } from './support/opened-jwt.ts'

/** Clocks of the provider and the registry may differ by so many seconds. */
const SKEW = 30

test('a token is who its subject is, with what a rule says', async () => {
  await using jwt = await openedJwt({ rules: 'alice = agent team-a:*,b' })
  const token = await jwt.provider.token()
  expect(await jwt.identify(token)).toEqual({
    kind: 'jwt',
    name: 'alice (jwt)',
    scope: 'agent',
    patterns: ['team-a:*', 'b'],
  })
})

test('another claim may name the caller', async () => {
  await using jwt = await openedJwt({ nameClaim: 'email' })
  const token = await jwt.provider.token({ claims: { email: 'a@example.com' } })
  expect(await jwt.identify(token)).toMatchObject({ name: 'a@example.com (jwt)' })
})

test.each([
  ['another issuer', { iss: 'https://evil.example' }, 'is of another issuer'],
  ['no issuer', { iss: undefined }, 'is of another issuer'],
  ['another audience', { aud: 'billing' }, 'is for another audience'],
  ['no audience', { aud: undefined }, 'is for another audience'],
  ['no expiry', { exp: undefined }, 'has no valid expiry'],
  ['an expiry that is text', { exp: '9999999999' }, 'has no valid expiry'],
  ['no subject', { sub: undefined }, 'has no usable name'],
  ['an empty subject', { sub: '' }, 'has no usable name'],
  ['a subject with a new line', { sub: 'alice\nadmin' }, 'has no usable name'],
  ['a subject with a mark of direction', { sub: 'alice\u202e' }, 'has no usable name'],
  ['a subject of 256 characters', { sub: 'a'.repeat(256) }, 'has no usable name'],
  ['a subject that is a list', { sub: ['alice'] }, 'has no usable name'],
])('a token with %s is refused', async (_what, claims, reason) => {
  await using jwt = await openedJwt()
  await expect(jwt.identify(await jwt.provider.token({ claims }))).rejects.toThrow(reason)
})

test('of several audiences, one must be the registry', async () => {
  await using jwt = await openedJwt()
  const claims = { aud: ['billing', 'rollcall'] }
  expect(await jwt.identify(await jwt.provider.token({ claims }))).toMatchObject({
    name: 'alice (jwt)',
  })
})

test('a token is valid until it expires, and as much longer as clocks may differ', async () => {
  await using jwt = await openedJwt()
  const tokens = await Promise.all(['a', 'b'].map((sub) => jwt.provider.token({ claims: { sub } })))
  const [early = '', late = ''] = tokens
  await jwt.identify(early)
  jwt.clock.advance((3600 + SKEW) * 1000 - 1)
  expect(jwt.isKnown(early)).toBe(true)
  expect(await jwt.identify(late)).toMatchObject({ name: 'b (jwt)' })
  jwt.clock.advance(1)
  expect(jwt.isKnown(early)).toBe(false)
  for (const token of tokens) await expect(jwt.identify(token)).rejects.toThrow('has expired')
})

test('a token is not valid before its time, but for what clocks may differ', async () => {
  await using jwt = await openedJwt()
  const nbf = jwt.clock.wallMs() / 1000 + 100
  const token = await jwt.provider.token({ claims: { nbf } })
  jwt.clock.advance((100 - SKEW) * 1000 - 1)
  await expect(jwt.identify(token)).rejects.toThrow('is not valid yet')
  jwt.clock.advance(1)
  expect(await jwt.identify(token)).toMatchObject({ name: 'alice (jwt)' })
})

test('of a claim that is there twice, the last one counts, in all checks alike', async () => {
  await using jwt = await openedJwt({ rules: 'bob = read' })
  const { provider } = jwt
  const [header = '', claims = ''] = (await provider.token()).split('.')
  const text = Buffer.from(claims, 'base64url').toString()
  const twice = text.replace('"sub":"alice"', '"sub":"alice","sub":"bob"')
  expect(twice).not.toBe(text)
  const forged = forgedToken(Buffer.from(header, 'base64url').toString(), twice)
  // Only the provider can sign it.
  await expect(jwt.identify(`${forged}AAAA`)).rejects.toThrow('has a wrong signature')
  const token = await provider.tokenOf(twice)
  expect(await jwt.identify(token)).toMatchObject({ name: 'bob (jwt)', scope: 'read' })
})
