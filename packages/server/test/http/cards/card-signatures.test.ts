// The signatures of a card, verified when somebody asks, with keys of real servers.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { AgentCard, generateAgentCardSignature } from '@a2a-js/sdk'
import { CompactSign, exportJWK, generateKeyPair, type JWK } from 'jose'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { AgentRegistryServer } from '../../../src/agent-registry-server.ts'
import { canonicalJson } from '../../../src/http/cards/signatures/canonical-json.ts'
import { CardKeys } from '../../../src/http/cards/signatures/card-keys.ts'
import { ManualClock } from '../../../src/testing/manual-clock.ts'

const CARD = {
  name: 'Signed',
  description: '',
  version: '1',
  supportedInterfaces: [
    { url: 'http://10.0.0.7:8000', protocolBinding: 'JSONRPC', protocolVersion: '1.0' },
    { url: 'http://10.0.0.7:8000', protocolBinding: 'JSONRPC', protocolVersion: '0.3' },
  ],
  capabilities: { streaming: true, extensions: [{ uri: 'x:1', required: false, params: {} }] },
  defaultInputModes: ['text/plain'],
  defaultOutputModes: [],
  skills: [{ id: 'find', name: 'Find', description: 'É', tags: ['a'], examples: [] }],
}

const { privateKey, publicKey } = await generateKeyPair('ES256')
const other = await generateKeyPair('ES256')
const clock = new ManualClock()

/** Publishes keys, and notes what was asked. */
const asked: string[] = []
let published: readonly JWK[] = []
const publisher = createServer((request, response) => {
  asked.push(request.url ?? '')
  if (request.url === '/moved') response.writeHead(302, { location: '/keys' }).end()
  else response.end(JSON.stringify({ keys: published }))
})
let origin: string
let server: AgentRegistryServer
beforeAll(async () => {
  published = [{ ...(await exportJWK(publicKey)), kid: 'k', alg: 'ES256' }]
  await new Promise<void>((resolve) => publisher.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(publisher.address() as AddressInfo).port}`
  server = new AgentRegistryServer('memory:', { cardKeyOrigins: [origin], clock })
})
afterAll(async () => {
  await server.close()
  publisher.close()
  publisher.closeAllConnections()
})

interface Signing {
  readonly key?: CryptoKey
  readonly kid?: string
  readonly jku?: string | undefined
}

/** Signs as the SDK does. */
async function signed(card: object = CARD, signing: Signing = {}): Promise<object> {
  const { key = privateKey, kid = 'k', jku = `${origin}/keys` } = signing
  const header = { alg: 'ES256', kid, typ: 'JOSE', ...(jku !== '' && { jku }) }
  const sign = generateAgentCardSignature(key, header)
  return AgentCard.toJSON(await sign(AgentCard.fromJSON(card))) as object
}

let agents = 0
async function verified(card: object): Promise<{ result: string; signatures: object[] }> {
  const agent_id = `agent-${++agents}`
  const app = server.createApp()
  const payload = { agent_id, agent_name: 'A', host: '10.0.0.7', port: 1, card }
  const registered = await app.inject({ method: 'POST', url: '/agents/register', payload })
  expect(registered.statusCode, registered.body).toBe(200)
  const response = await app.inject(`/agents/${agent_id}/card/signatures`)
  expect(response.statusCode, response.body).toBe(200)
  const { headers } = await app.inject(`/agents/${agent_id}/card`)
  expect(response.json()).toMatchObject({ agent_id, etag: headers.etag })
  return response.json()
}

describe('a card', () => {
  test('that the SDK has signed is valid, also with members that the SDK does not know', async () => {
    const card = await signed()
    expect(await verified(card)).toMatchObject({
      result: 'valid',
      signatures: [{ result: 'valid', algorithm: 'ES256', key_id: 'k', key_url: `${origin}/keys` }],
    })
    expect((await verified({ ...card, 'x-more': 1, url: 'http://10.0.0.7' })).result).toBe('valid')
  })

  test('of 0.3 whose whole text is signed is valid', async () => {
    const card = { name: 'Old', url: 'http://10.0.0.7:8000', version: '1', skills: [], 'x-b': 1.5 }
    const jws = await new CompactSign(Buffer.from(canonicalJson(card)))
      .setProtectedHeader({ alg: 'ES256', kid: 'k', jku: `${origin}/keys` })
      .sign(privateKey)
    const [protectedHeader, , signature] = jws.split('.')
    const signatures = [{ protected: protectedHeader, signature }]
    expect((await verified({ ...card, signatures })).result).toBe('valid')
    expect((await verified({ ...card, 'x-b': 2, signatures })).result).toBe('invalid')
  })

  test('that was changed, or signed with another key, is invalid', async () => {
    const forged = { ...(await signed()), name: 'Forged' }
    const reason = 'signature verification failed'
    expect(await verified(forged)).toMatchObject({ result: 'invalid', signatures: [{ reason }] })
    const foreign = await signed(CARD, { key: other.privateKey })
    expect((await verified(foreign)).result).toBe('invalid')
    expect((await verified(await signed(CARD, { kid: 'gone' }))).result).toBe('invalid')
  })

  test('is valid if one of its signatures is', async () => {
    const twice = await signed(await signed(CARD, { key: other.privateKey }))
    expect(await verified(twice)).toMatchObject({
      result: 'valid',
      signatures: [{ result: 'invalid' }, { result: 'valid' }],
    })
  })

  test('without signatures is unsigned', async () => {
    expect(await verified(CARD)).toMatchObject({ result: 'unsigned', signatures: [] })
    expect((await verified({ name: 'no A2A card', signatures: 'none' })).result).toBe('unsigned')
  })

  test.each([
    ['no address of keys', { jku: '' }, /names no address/],
    ['keys at another origin', { jku: 'http://127.0.0.1:2/keys' }, /has not allowed/],
    ['keys in its own text', { jku: 'data:application/json,{"keys":[]}' }, /has not allowed/],
    ['an address that is none', { jku: 'keys' }, /has not allowed/],
  ])('with %s is unchecked, and nothing is fetched', async (_name, signing, reason) => {
    const before = asked.length
    expect(await verified(await signed(CARD, signing))).toMatchObject({
      result: 'unchecked',
      signatures: [{ result: 'unchecked', reason: expect.stringMatching(reason) }],
    })
    expect(asked).toHaveLength(before)
  })

  test('whose keys have moved is unchecked: a redirect could lead anywhere', async () => {
    const { result, signatures } = await verified(await signed(CARD, { jku: `${origin}/moved` }))
    expect([result, signatures]).toMatchObject(['unchecked', [{ reason: /cannot be read/ }]])
    expect(asked.at(-1)).toBe('/moved')
  })

  test('with a signature that is none is invalid, and the first eight are looked at', async () => {
    const signatures = Array.from({ length: 9 }, () => ({ protected: 'ö', signature: 1 }))
    const card = { name: 'no A2A card', signatures: [null, {}, ...signatures] }
    const found = await verified(card)
    expect(found.result).toBe('invalid')
    expect(found.signatures).toHaveLength(8)
  })
})

test('an algorithm with a shared secret is never accepted', async () => {
  const secret = Buffer.from('a secret that is published as well, of some length')
  const jwk = { kty: 'oct', k: secret.toString('base64url'), kid: 's', alg: 'HS256' }
  published = [...published, jwk]
  const jws = await new CompactSign(Buffer.from(canonicalJson({ name: 'A' })))
    .setProtectedHeader({ alg: 'HS256', kid: 's', jku: `${origin}/shared` })
    .sign(secret)
  const [protectedHeader, , signature] = jws.split('.')
  const signatures = [{ protected: protectedHeader, signature }]
  expect(await verified({ name: 'A', signatures })).toMatchObject({
    result: 'invalid',
    signatures: [{ reason: '"alg" (Algorithm) Header Parameter value not allowed' }],
  })
})

test('keys are read once for five minutes, and then again', async () => {
  const url = '/kept'
  const card = await signed(CARD, { jku: `${origin}${url}` })
  const times = () => asked.filter((each) => each === url).length
  await verified(card)
  await verified(card)
  expect(times()).toBe(1)
  clock.advance(299_999)
  await verified(card)
  expect(times()).toBe(1)
  clock.advance(1)
  published = []
  // The publisher has withdrawn its keys.
  expect((await verified(card)).result).toBe('unchecked')
  expect(times()).toBe(2)
})

test('without origins of keys, no card is checked, and nothing is fetched', async () => {
  await using without = new AgentRegistryServer('memory:')
  const payload = { agent_id: 'a', card: await signed() }
  await without.createApp().inject({ method: 'POST', url: '/agents/register', payload })
  const before = asked.length
  const response = await without.createApp().inject('/agents/a/card/signatures')
  expect(response.json()).toMatchObject({ result: 'unchecked' })
  expect(asked).toHaveLength(before)
})

test.each(['https://keys.example/jwks', 'http://keys.example', 'keys.example'])(
  'keys are not read from %s',
  (wrong) => {
    expect(() => new AgentRegistryServer('memory:', { cardKeyOrigins: [wrong] })).toThrow(TypeError)
  },
)

test('at most sixteen sets of keys are read at once', async () => {
  const held: (() => void)[] = []
  const text = JSON.stringify({ keys: [await exportJWK(publicKey)] })
  const slow = createServer((_request, response) => held.push(() => response.end(text)))
  await new Promise<void>((resolve) => slow.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(slow.address() as AddressInfo).port}`
  const keys = new CardKeys({ cardKeyOrigins: [url] })
  try {
    const reading = Array.from({ length: 16 }, (_, at) => keys.at(`${url}/${at}`))
    await vi.waitFor(() => expect(held).toHaveLength(16), 10_000)
    await expect(keys.at(`${url}/one-more`)).rejects.toThrow('too many keys')
    // Those that are read already cost nothing more.
    const again = keys.at(`${url}/0`)
    for (const answer of held) answer()
    await Promise.all([...reading, again])
    const later = keys.at(`${url}/one-more`)
    await vi.waitFor(() => expect(held).toHaveLength(17), 10_000)
    held.at(-1)?.()
    await later
  } finally {
    slow.close()
    slow.closeAllConnections()
  }
})
