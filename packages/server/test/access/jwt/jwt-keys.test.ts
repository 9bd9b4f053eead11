import type { ServerResponse } from 'node:http'
import { expect, test } from 'vitest'
import { downloadKeys } from '../../../src/access/jwt/key-download.ts'
import { signingKey } from './support/identity-provider.ts'
import { openedJwt } from './support/opened-jwt.ts'

const COOLDOWN_MS = 10_000
const FAILURE_COOLDOWN_MS = 1000

test('the keys are found by the configuration of the issuer, once for many tokens', async () => {
  await using jwt = await openedJwt()
  const tokens = await Promise.all([1, 2, 3].map((n) => jwt.provider.token({ claims: { n } })))
  await Promise.all(tokens.map((token) => jwt.identify(token)))
  expect([jwt.provider.downloads, jwt.reports]).toEqual([1, ['read']])
})

test('a token that was verified is known without its signature', async () => {
  await using jwt = await openedJwt()
  const token = await jwt.provider.token()
  expect(jwt.isKnown(token)).toBe(false)
  await jwt.identify(token)
  expect(jwt.isKnown(token)).toBe(true)
})

test('a new key is found when a token is signed with it', async () => {
  await using jwt = await openedJwt()
  const old = await jwt.provider.token()
  await jwt.identify(old)
  const second = await signingKey('second')
  jwt.provider.publish(second)
  jwt.clock.advance(COOLDOWN_MS)
  expect(await jwt.identify(await jwt.provider.token())).toMatchObject({ name: 'alice (jwt)' })
  // The first key was withdrawn.
  expect(jwt.isKnown(old)).toBe(false)
  await expect(jwt.identify(old)).rejects.toThrow('is signed with an unknown key')
})

test('tokens remain known when a key is added beside theirs', async () => {
  const [first, second] = [await signingKey('first'), await signingKey('second')]
  await using jwt = await openedJwt({ prepare: (provider) => provider.publish(first) })
  const token = await jwt.provider.token()
  await jwt.identify(token)
  jwt.provider.publish(first, second)
  jwt.clock.advance(COOLDOWN_MS)
  await jwt.identify(await jwt.provider.token({ key: second }))
  expect(jwt.isKnown(token)).toBe(true)
})

test('another key with the same id ends the tokens of the first', async () => {
  await using jwt = await openedJwt()
  const token = await jwt.provider.token()
  await jwt.identify(token)
  jwt.provider.publish(await signingKey('first'), await signingKey('second'))
  jwt.clock.advance(COOLDOWN_MS)
  const header = { kid: 'third' }
  await expect(jwt.identify(await jwt.provider.token({ header }))).rejects.toThrow('unknown key')
  expect(jwt.isKnown(token)).toBe(false)
})

test('tokens with unknown keys cause one download in ten seconds', async () => {
  await using jwt = await openedJwt()
  const unknown = await signingKey('unknown')
  const refused = async () => {
    const token = await jwt.provider.token({ key: unknown })
    await expect(jwt.identify(token)).rejects.toThrow('is signed with an unknown key')
  }
  await refused()
  await refused()
  jwt.clock.advance(COOLDOWN_MS - 1)
  await refused()
  expect(jwt.provider.downloads).toBe(1)
  jwt.clock.advance(1)
  await refused()
  expect(jwt.provider.downloads).toBe(2)
})

test('of several keys, a token without a key id may mean any, and is refused', async () => {
  const [first, second] = [await signingKey('first'), await signingKey('second')]
  await using jwt = await openedJwt({ prepare: (provider) => provider.publish(first) })
  const header = { kid: undefined }
  const token = await jwt.provider.token({ header })
  expect(await jwt.identify(token)).toMatchObject({ name: 'alice (jwt)' })
  jwt.provider.publish(first, second)
  jwt.clock.advance(COOLDOWN_MS)
  await jwt.identify(await jwt.provider.token({ key: second }))
  expect(jwt.isKnown(token)).toBe(false)
  await expect(jwt.identify(token)).rejects.toThrow('does not say which key')
})

const FAILURES: readonly (readonly [string, (response: ServerResponse) => void, string])[] = [
  ['an error', (response) => response.writeHead(500).end('down'), 'has the status 500'],
  ['a closed connection', (response) => response.destroy(), 'cannot be read'],
  [
    'another place',
    (response) => response.writeHead(302, { location: '/elsewhere' }).end(),
    'cannot be read',
  ],
  ['a page', (response) => response.end('<html>'), 'is not valid JSON'],
  ['another document', (response) => response.end('{"keys": 7}'), 'JSON Web Key Set'],
  ['no keys at all', (response) => response.end('{"keys": []}'), 'it has no keys'],
  ['half of the keys', (response) => response.end('{"keys": [{"kty":'), 'JSON'],
  ['two megabytes', (response) => response.end(' '.repeat(2 * 1024 * 1024)), 'larger than'],
]

test.each(FAILURES)('a provider that answers with %s', async (_what, answer, reason) => {
  await using jwt = await openedJwt()
  const [known, fresh] = await Promise.all([
    jwt.provider.token(),
    jwt.provider.token({ claims: { sub: 'bob' } }),
  ])
  await jwt.identify(known)
  jwt.provider.answerWith(answer)
  jwt.clock.advance(COOLDOWN_MS)
  const unknown = await jwt.provider.token({ key: await signingKey('second') })
  const unavailable = { code: 'IDENTITY_UNAVAILABLE' }
  await expect(jwt.identify(unknown)).rejects.toMatchObject(unavailable)
  expect(jwt.reports.at(-1)).toContain(reason)
  // The keys that were read before stay in use, for new tokens as well.
  expect(jwt.isKnown(known)).toBe(true)
  expect(await jwt.identify(fresh)).toMatchObject({ name: 'bob (jwt)' })
  const before = jwt.provider.downloads
  await expect(jwt.identify(unknown)).rejects.toMatchObject(unavailable)
  expect(jwt.provider.downloads).toBe(before)
  jwt.clock.advance(FAILURE_COOLDOWN_MS)
  jwt.provider.answerWith(undefined)
  await expect(jwt.identify(unknown)).rejects.toThrow('is signed with an unknown key')
})

test('a registry that starts before its provider knows its tokens once that is there', async () => {
  const down = (response: ServerResponse) => void response.writeHead(503).end()
  await using jwt = await openedJwt({ prepare: (provider) => provider.answerWith(down) })
  const token = await jwt.provider.token()
  const unavailable = { code: 'IDENTITY_UNAVAILABLE' }
  await expect(jwt.identify(token)).rejects.toMatchObject(unavailable)
  jwt.provider.answerWith(undefined)
  jwt.clock.advance(FAILURE_COOLDOWN_MS)
  expect(await jwt.identify(token)).toMatchObject({ name: 'alice (jwt)' })
  expect(jwt.reports).toEqual([expect.stringContaining('503'), 'read'])
})

test('a provider that never ends its answer is waited for a limited time', async () => {
  await using jwt = await openedJwt()
  jwt.provider.answerWith((response) => void response.write('{"keys": ['))
  const { issuer } = jwt.provider
  await expect(downloadKeys({ issuer }, 100)).rejects.toThrow('timeout')
})

test('the configuration of another issuer is not used', async () => {
  await using jwt = await openedJwt()
  const issuer = jwt.provider.issuer.replace('127.0.0.1', 'localhost')
  await expect(downloadKeys({ issuer })).rejects.toThrow('is of another issuer')
})

test('the configuration may not name a URL that others could answer for', async () => {
  await using jwt = await openedJwt()
  const { issuer } = jwt.provider
  for (const url of ['http://keys.example/', 'ftp://127.0.0.1/keys', 'keys', '']) {
    jwt.provider.nameUrl(url)
    await expect(downloadKeys({ issuer })).rejects.toThrow('has no jwks_uri that begins with https')
  }
})
