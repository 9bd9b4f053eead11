import { ManualClock } from '@rollcall/server/testing'
import { expect, test } from 'vitest'
import { digestOf } from '../../../src/access/access-token.ts'
import { IdentityRules } from '../../../src/access/identity-rules.ts'
import { JwtAuthenticator } from '../../../src/access/jwt/jwt-authenticator.ts'
import { JWT_ALGORITHMS } from '../../../src/access/jwt/jwt-options.ts'
import { KeySet } from '../../../src/access/jwt/key-set.ts'
import { VerifiedTokens } from '../../../src/access/jwt/verified-tokens.ts'
import { grantedPrincipal } from '../../../src/access/principal.ts'
import { ACCESS_LIMITS } from '../../../src/limits/access-limits.ts'
import { AUDIENCE, identityProvider, signingKey } from './support/identity-provider.ts'

test('beyond the limit, the token that was verified first is forgotten', async () => {
  const { publicJwk } = await signingKey('first')
  const keys = new KeySet(await import('jose'), JSON.stringify({ keys: [publicJwk] }))
  const tokens = new VerifiedTokens()
  const header = { alg: 'ES256', kid: 'first' }
  const principal = grantedPrincipal('jwt', 'alice')
  const count = ACCESS_LIMITS.verifiedTokens.value + 2
  tokens.get('0', 0, keys)
  for (let n = 0; n < count; n++) tokens.add(`${n}`, { principal, header, expiresAtMs: 10 }, keys)
  const isKnown = (n: number) => tokens.get(`${n}`, 9, keys) !== undefined
  expect([0, 1, 2, count - 1].map(isKnown)).toEqual([false, false, true, true])
})

test('a token whose key is withdrawn while it is verified is not remembered', async () => {
  const jose = await import('jose')
  const clock = new ManualClock()
  const key = await signingKey('first')
  await using provider = await identityProvider({ now: () => clock.wallMs() })
  const setOf = async (...keys: Awaited<ReturnType<typeof signingKey>>[]) =>
    new KeySet(jose, JSON.stringify({ keys: keys.map(({ publicJwk }) => publicJwk) }))
  const [before, after] = [await setOf(key), await setOf(await signingKey('second'))]
  // As soon as the token has found its key, other keys come, and another request.
  let isFirst = true
  const keys = {
    get current() {
      if (!isFirst) return after
      isFirst = false
      queueMicrotask(() => jwt.known(''))
      return before
    },
    refresh: async () => undefined,
    close: () => undefined,
  }
  const { issuer } = provider
  const jwt = new JwtAuthenticator({
    ...{ jose, keys, clock },
    requirements: { issuer, audience: AUDIENCE, algorithms: JWT_ALGORITHMS },
    mapping: {
      ...{ nameClaim: 'sub', scopeClaim: undefined, agentsClaim: undefined },
      rules: IdentityRules.parse('** = read'),
    },
  })
  const token = await provider.token({ key })
  const digest = digestOf(token)
  expect(await jwt.lookUp({ token, digest })).toMatchObject({ name: 'alice (jwt)' })
  expect(jwt.known(digest)).toBeUndefined()
  await expect(jwt.lookUp({ token, digest })).rejects.toThrow('is signed with an unknown key')
})
