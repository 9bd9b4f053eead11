import { createPublicKey } from 'node:crypto'
import { exportJWK, exportSPKI, importJWK, SignJWT } from 'jose'
import { expect, test } from 'vitest'
import { RefusedCredential } from '../../../src/access/authenticator.ts'
import { forgedToken, hs256 } from './support/forged-token.ts'
import { AUDIENCE, signingKey } from './support/identity-provider.ts'
import { openedJwt } from './support/opened-jwt.ts'

/** The claims of a token that would be accepted if it were signed. */
function claimsOf({ provider, clock }: Awaited<ReturnType<typeof openedJwt>>) {
  const exp = clock.wallMs() / 1000 + 3600
  return { iss: provider.issuer, aud: AUDIENCE, sub: 'admin', exp }
}

test.each(['none', 'None', 'NONE', 'nOnE', ''])('the algorithm "%s" is refused', async (alg) => {
  await using jwt = await openedJwt()
  const claims = claimsOf(jwt)
  for (const sign of [() => '', () => 'AAAA']) {
    const token = forgedToken({ alg, kid: 'first' }, claims, sign)
    await expect(jwt.identify(token)).rejects.toThrow(/not allowed|not a valid/)
  }
})

test('the public key of the provider is no secret to sign with', async () => {
  const key = await signingKey('first', 'RS256')
  await using jwt = await openedJwt({ prepare: (provider) => provider.publish(key) })
  const claims = claimsOf(jwt)
  const asText = await exportSPKI(createPublicKey({ key: key.publicJwk as never, format: 'jwk' }))
  const { n = '' } = key.publicJwk
  for (const secret of [asText, asText.trim(), JSON.stringify(key.publicJwk), n]) {
    for (const alg of ['HS256', 'HS384', 'HS512']) {
      const token = forgedToken({ alg, kid: 'first' }, claims, hs256(secret))
      await expect(jwt.identify(token)).rejects.toThrow('a kind that is not allowed')
    }
  }
})

test('a secret among the published keys verifies nothing', async () => {
  const key = await signingKey('first')
  const secret = {
    kty: 'oct',
    k: Buffer.from('a shared secret').toString('base64url'),
    kid: 'shared',
  }
  const shared = { ...key, kid: 'shared', publicJwk: { ...secret, alg: 'HS256' } }
  await using jwt = await openedJwt({ prepare: (provider) => provider.publish(key, shared) })
  const sign = hs256('a shared secret')
  const token = forgedToken({ alg: 'HS256', kid: 'shared' }, claimsOf(jwt), sign)
  await expect(jwt.identify(token)).rejects.toThrow('a kind that is not allowed')
})

test('an algorithm that is not on the list of the operator is refused', async () => {
  await using jwt = await openedJwt({ algorithms: ['RS256'] })
  await expect(jwt.identify(await jwt.provider.token())).rejects.toThrow('is not allowed')
})

test('keys and addresses in the token itself count for nothing', async () => {
  await using jwt = await openedJwt()
  const { issuer, ...own } = { ...claimsOf(jwt), issuer: jwt.provider.issuer }
  const evil = await signingKey('first')
  const jwk = await exportJWK((await importJWK(evil.publicJwk, 'ES256')) as CryptoKey)
  const before = jwt.provider.downloads
  for (const more of [
    { jwk },
    { jku: `${issuer}/evil` },
    { x5u: `${issuer}/evil` },
    { x5c: ['A'] },
  ]) {
    const token = await new SignJWT(own)
      .setProtectedHeader({ alg: 'ES256', kid: 'first', ...more })
      .sign(evil.privateKey)
    await expect(jwt.identify(token)).rejects.toThrow('has a wrong signature')
  }
  expect(jwt.provider.downloads - before).toBeLessThanOrEqual(1)
})

test.each([
  ['a path', '../../../../dev/null'],
  ['an absolute path', '/etc/passwd'],
  ['a URL', 'https://evil.example/keys'],
  ['SQL', "x' UNION SELECT 'key' --"],
  ['a zero byte', 'first\u0000'],
  ['the name of a property', '__proto__'],
  ['ten thousand characters', 'x'.repeat(10_000)],
])('a key id that is %s is just an unknown key', async (_what, kid) => {
  await using jwt = await openedJwt()
  const token = forgedToken({ alg: 'ES256', kid }, claimsOf(jwt), () => 'A'.repeat(86))
  await expect(jwt.identify(token)).rejects.toThrow('is signed with an unknown key')
  expect(jwt.provider.downloads).toBe(1)
})

test.each([
  ['a number', 7],
  ['a list', ['first']],
  ['an object', { kid: 'first' }],
  ['null', null],
])('a key id that is %s is refused', async (_what, kid) => {
  await using jwt = await openedJwt()
  const token = forgedToken({ alg: 'ES256', kid }, claimsOf(jwt), () => 'A'.repeat(86))
  await expect(jwt.identify(token)).rejects.toThrow(RefusedCredential)
})

test('what the token demands and nobody understands is refused', async () => {
  await using jwt = await openedJwt()
  const claims = JSON.stringify(claimsOf(jwt))
  expect(await jwt.identify(await jwt.provider.tokenOf(claims))).toMatchObject({
    name: 'admin (jwt)',
  })
  for (const header of [{ crit: ['exp'], exp: 1 }, { crit: ['b64'], b64: false }, { crit: [] }]) {
    const token = await jwt.provider.tokenOf(claims, header)
    await expect(jwt.identify(token)).rejects.toThrow(RefusedCredential)
  }
})

test('a token whose header or claims are not JSON objects is refused', async () => {
  await using jwt = await openedJwt()
  const signed = (claims: string) => jwt.provider.tokenOf(claims)
  for (const token of [
    forgedToken('not JSON', '{}', () => 'AAAA'),
    forgedToken('[]', '{}', () => 'AAAA'),
    forgedToken('null', '{}', () => 'AAAA'),
    await signed('[]'),
    await signed('not JSON'),
  ]) {
    await expect(jwt.identify(token)).rejects.toThrow('is not a valid JSON Web Token')
  }
})

test('what has not the form of such a token is left to others', async () => {
  await using jwt = await openedJwt()
  for (const token of ['rct_0_secret', 'a.b', 'a.b.c.d', 'a.b.c=', '', '..']) {
    expect(await jwt.identify(token)).toBeUndefined()
  }
})
