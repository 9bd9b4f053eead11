// Small requests that are to cost much: nested, repeated, and long. Each ends with a short error, and costs no other
// client its lease.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { RawConnection } from '../../../../test/http/support/raw-connection.ts'
import { TOKENS } from '../access/support/guarded-registry.ts'
import {
  type AttackedRegistry,
  attackedRegistry,
  OWN,
  rawRequest,
} from './support/attacked-registry.ts'

/** Bytes of an error at most, whatever it quotes. */
const MAX_ERROR_BYTES = 8192

let registry: AttackedRegistry
beforeAll(async () => {
  registry = await attackedRegistry()
})
afterAll(() => registry[Symbol.asyncDispose]())

async function expectRefused(method: string, path: string, json?: string): Promise<void> {
  const response = await fetch(registry.url + path, {
    method,
    headers: { authorization: `Bearer ${TOKENS.admin}`, 'content-type': 'application/json' },
    ...(json !== undefined && { body: json }),
  })
  const text = await response.text()
  expect([400, 413, 414, 422, 431], text.slice(0, 200)).toContain(response.status)
  expect(text.length).toBeLessThan(MAX_ERROR_BYTES)
  const beat = await registry.send('POST', `/agents/${OWN}/heartbeat`, { token: TOKENS.agent })
  expect(beat.status).toBe(200)
}

const deep = (open: string, close: string, depth: number) =>
  open.repeat(depth) + close.repeat(depth)
const REST = '"agent_id":"a","agent_name":"A","host":"h","port":1'
const many = (count: number, piece: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => piece(index)).join(',')

/** Values of a field, or of a body. */
const BOMBS: Readonly<Record<string, string>> = {
  'lists that are nested 10 000 times': deep('[', ']', 10_000),
  'objects that are nested 5000 times': `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`,
  'lists that never end': '['.repeat(20_000),
  'an object with 5000 keys': `{${many(5000, (index) => `"k${index}":1`)}}`,
  'one key 5000 times': `{${many(5000, () => '"k":[]')}}`,
  'the name of a prototype, far inside': `${'{"a":'.repeat(2000)}{"__proto__":1}${'}'.repeat(2000)}`,
  'a list of 20 000 numbers': `[${many(20_000, () => '1')}]`,
  'a number with 20 000 digits': '9'.repeat(20_000),
  'a number with a large exponent': `1e${'9'.repeat(1000)}`,
  'a text with 20 000 escapes': `"${'\\u0041'.repeat(20_000)}"`,
  'a text with 20 000 backslashes': `"${'\\\\'.repeat(20_000)}"`,
  'a text of 20 000 quotes': `"${'\\"'.repeat(20_000)}"`,
  'a text that never ends': `"${'a'.repeat(20_000)}`,
}

describe.each(Object.entries(BOMBS))('%s', (_what, bomb) => {
  test.each(['agent_name', 'host', 'metadata', 'capabilities', 'version', 'url', 'load', 'x'])(
    'as %s of a registration',
    async (field) => {
      await expectRefused('POST', '/agents/register', `{${REST},"${field}":${bomb}}`)
    },
  )

  test('as a body, a batch and a token', async () => {
    await expectRefused('POST', '/agents/register', bomb)
    await expectRefused('POST', `/agents/${OWN}/heartbeat`, bomb)
    await expectRefused('POST', '/agents/heartbeats', `{"agent_ids":${bomb}}`)
    await expectRefused('POST', '/agents/heartbeats', `{"heartbeats":[{"agent_id":${bomb}}]}`)
    await expectRefused('POST', '/tokens', `{"name":"b","scope":"agent","agents":${bomb}}`)
    await expectRefused('PUT', `/agents/${OWN}/maintenance`, `{"reason":${bomb}}`)
  })
})

/** Queries, each as long as a URL may be. */
const QUERIES: Readonly<Record<string, string>> = {
  'thousands of parameters': 'a&'.repeat(5000),
  'one parameter thousands of times': 'name=a&'.repeat(1500),
  'thousands of conditions': many(1000, () => 'metadata.a=b').replaceAll(',', '&'),
  'a nested name': `metadata${'[a]'.repeat(3000)}=b`,
  'a path of thousands of steps': `metadata.${'a.'.repeat(5000)}=b`,
  'thousands of capabilities': 'capability=a&'.repeat(800),
  'a long word': `q=${'a'.repeat(10_000)}`,
  'thousands of words': `q=${'a+'.repeat(5000)}`,
  'escapes of escapes': `q=${'%25'.repeat(3000)}`,
  'broken escapes': `q=${'%'.repeat(10_000)}`,
  'a large limit': `limit=${'9'.repeat(5000)}`,
  'a long cursor': `cursor=${'A'.repeat(10_000)}`,
  'a cursor that is nested JSON': `cursor=${Buffer.from(deep('[', ']', 3000)).toString('base64url')}`,
}

describe.each(Object.entries(QUERIES))('a query with %s', (_what, query) => {
  test.each(['/agents', '/events', '/sd/prometheus'])('for %s', async (path) => {
    const response = await registry.send('GET', `${path}?${query}`, { token: TOKENS.read })
    // A query may be legal, and find nothing; it may not be large, or slow down a heartbeat.
    expect((await response.text()).length).toBeLessThan(MAX_ERROR_BYTES)
    expect([200, 400, 414, 422]).toContain(response.status)
    const beat = await registry.send('POST', `/agents/${OWN}/heartbeat`, { token: TOKENS.agent })
    expect(beat.status).toBe(200)
  })
})

test('100 000 parameters do not even fit a URL', async () => {
  const [status] = await registry.exchange(rawRequest('GET', `/agents?${'a&'.repeat(100_000)}`), 1)
  expect([414, 431]).toContain(status)
})

test('headers by the thousand are refused', async () => {
  const headers = Array.from({ length: 3000 }, (_, index) => `x${index}: 1`)
  const [status] = await registry.exchange(rawRequest('GET', '/agents', { headers }), 1)
  expect(status).toBe(431)
})

test('a body that never comes to its end is given up when its client leaves', async () => {
  const connection = await RawConnection.open(registry.url)
  connection.send(rawRequest('POST', '/agents/register', { headers: ['Content-Length: 60000'] }))
  connection.send('{'.repeat(1000))
  await connection[Symbol.asyncDispose]()
  const metrics = async () =>
    await (await registry.send('GET', '/metrics', { token: TOKENS.read })).text()
  await expect.poll(metrics).toMatch(/^rollcall_http_body_bytes 0$/m)
})
