// What a client may send so that one part of the way takes it for somebody else than another part does.
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { rawExchange } from '../../../../test/http/support/raw-connection.ts'
import { TOKENS } from '../access/support/guarded-registry.ts'
import {
  type AttackedRegistry,
  attackedRegistry,
  OWN,
  rawRequest,
  VICTIM,
} from './support/attacked-registry.ts'

let registry: AttackedRegistry
beforeAll(async () => {
  registry = await attackedRegistry()
  // The registry remembers the headers of all tokens from here on.
  for (const token of Object.values(TOKENS)) await registry.send('GET', '/agents', { token })
})
afterAll(() => registry[Symbol.asyncDispose]())

const beat = (agentId: string, headers: readonly string[]) =>
  rawRequest('POST', `/agents/${agentId}/heartbeat`, { token: '', headers })
const bearer = (token: string) => `Authorization: Bearer ${token}`
const basic = (text: string) => `Authorization: Basic ${Buffer.from(text).toString('base64')}`

describe('more than one Authorization', () => {
  test.each([
    [bearer(TOKENS.agent), bearer(TOKENS.admin)],
    [bearer(TOKENS.admin), bearer(TOKENS.agent)],
    [bearer(TOKENS.admin), bearer(TOKENS.admin)],
    [bearer(TOKENS.admin), 'authorization:'],
    [bearer(TOKENS.admin), basic(`x:${TOKENS.agent}`)],
    [bearer(TOKENS.admin), bearer(TOKENS.agent).toUpperCase()],
  ])('is refused, whatever they are: %#', async (...headers) => {
    const before = await registry.victim()
    for (const request of [
      beat(VICTIM, headers),
      rawRequest('DELETE', `/agents/${VICTIM}`, { token: '', headers }),
      rawRequest('GET', '/agents', { token: '', headers }),
    ]) {
      const { status, body } = await rawExchange(registry.url, request)
      expect(status).toBe(400)
      expect(String(body)).toContain('more than one Authorization header')
    }
    expect(await registry.victim()).toEqual(before)
  })
})

test.each([
  `${bearer(TOKENS.admin)}, Bearer ${TOKENS.agent}`,
  `${bearer(TOKENS.agent)},${TOKENS.admin}`,
  `${bearer(TOKENS.admin)} x`,
  `${bearer(TOKENS.admin)}=x`,
  `${bearer(TOKENS.admin)}\u00a0`,
  `Authorization: Bearer "${TOKENS.admin}"`,
  `Authorization: Bearer Bearer ${TOKENS.admin}`,
  `Authorization: Bearer\t${TOKENS.admin}`,
  `Authorization: Bearer${TOKENS.admin}`,
  `Authorization: Digest ${TOKENS.admin}`,
  `Authorization: ${TOKENS.admin}`,
  `Authorization: Basic ${TOKENS.admin}`,
  basic(TOKENS.admin),
  basic(`${TOKENS.admin}:`),
  basic(`x:${TOKENS.admin}\0`),
  basic(`x:\ufeff${TOKENS.admin}`),
  basic(`x:${TOKENS.admin}:x`),
  'Authorization:',
  'Authorization: Bearer',
  'Authorization: Bearer ',
  `Proxy-Authorization: Bearer ${TOKENS.admin}`,
  `X-Authorization: Bearer ${TOKENS.admin}`,
  `Cookie: token=${TOKENS.admin}; authorization=Bearer ${TOKENS.admin}`,
  `Authorization\u00ad: Bearer ${TOKENS.admin}`,
])('%j identifies nobody', async (header) => {
  const before = await registry.victim()
  const [status] = await registry.exchange(beat(VICTIM, [header]), 1)
  expect([400, 401]).toContain(status)
  expect(await registry.victim()).toEqual(before)
})

test.each([`access_token=${TOKENS.admin}`, `token=${TOKENS.admin}`, `api_key=${TOKENS.admin}`])(
  'a token in the query identifies nobody: %s',
  async (query) => {
    const request = rawRequest('GET', `/agents?${query}`, { token: '' })
    expect(await registry.exchange(request, 1)).toEqual([401])
  },
)

test('a token in a trailer identifies nobody', async () => {
  const before = await registry.victim()
  const head = beat(VICTIM, ['Transfer-Encoding: chunked', 'Trailer: Authorization'])
  const request = `${head}0\r\n${bearer(TOKENS.admin)}\r\n\r\n`
  expect(await registry.exchange(request, 1)).toEqual([401])
  expect(await registry.victim()).toEqual(before)
})

/** Headers of callers, and what each of them gets for a heartbeat of its own agent and of the victim. */
const CALLERS: readonly (readonly [header: readonly string[], own: number, victim: number])[] = [
  [[bearer(TOKENS.agent)], 200, 403],
  [[bearer(TOKENS.agent).replace('Bearer', 'bEARER')], 200, 403],
  [[basic(`anybody:${TOKENS.agent}`)], 200, 403],
  [[bearer(TOKENS.admin)], 200, 200],
  [[basic(`:${TOKENS.admin}`)], 200, 200],
  [[bearer(TOKENS.read)], 403, 403],
  [[], 401, 401],
  [[bearer(`${TOKENS.admin}x`)], 401, 401],
  [[bearer(TOKENS.admin.slice(0, -1))], 401, 401],
  [[bearer(TOKENS.admin), bearer(TOKENS.agent)], 400, 400],
]

test('heartbeats of several callers in one packet are never mixed up', async () => {
  const request = fc.record({
    caller: fc.constantFrom(...CALLERS),
    isVictim: fc.boolean(),
    more: fc.constantFrom([], ['Content-Length: 0'], ['X: y'], ['If-Match: "x"']),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(request, { minLength: 2, maxLength: 12 }), async (requests) => {
      const expected: number[] = []
      let bytes = ''
      for (const { caller, isVictim, more } of requests) {
        const [headers, own, victim] = caller
        bytes += beat(isVictim ? VICTIM : OWN, [...headers, ...more])
        const status = isVictim ? victim : own
        // The header is invalid, which only those learn who are admitted.
        const isConditional = status === 200 && more[0]?.startsWith('If-Match') === true
        expected.push(isConditional ? 422 : status)
        // The registry closes the connection after a malformed request.
        if (status === 400) break
      }
      expect(await registry.exchange(bytes, expected.length)).toEqual(expected)
    }),
    { numRuns: 200 },
  )
})
