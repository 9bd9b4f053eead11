import { describe, expect, test } from 'vitest'
import { expectPointers, expectProblem } from './support/problem-expectation.ts'
import { useRegistry } from './support/registry-under-test.ts'

const registry = useRegistry()
const headers = { 'content-type': 'application/json' }
const valid = '"agent_id":"a","agent_name":"A","host":"h","port":1'

const MALFORMED: Readonly<Record<string, string | Uint8Array<ArrayBuffer>>> = {
  'is cut off': `{${valid}`,
  'has a trailing comma': `{${valid},}`,
  'is quoted with single quotes': "{'agent_id':'a'}",
  'has a comment': `{${valid}}// hello`,
  'is two documents': `{${valid}}{${valid}}`,
  'is an identifier': 'undefined',
  'contains NaN': `{${valid},"load":NaN}`,
  'has a raw control character': `{${valid},"version":"a\nb"}`,
  'is only whitespace': '   ',
  'is a form': 'agent_id=a&port=1',
  'has a __proto__ key': `{${valid},"__proto__":{"admin":true}}`,
  'has an escaped __proto__ key': `{${valid},"\\u005f_proto__":{"admin":true}}`,
  'has a nested __proto__ key': `{${valid},"metadata":{"a":[{"__proto__":1}]}}`,
  'is Latin-1': Buffer.from(`{${valid},"version":"é"}`, 'latin1'),
  'is UTF-16': Buffer.from(`{${valid}}`, 'utf16le'),
  'has an overlong encoding': Buffer.concat([
    Buffer.from(`{${valid},"version":"`),
    Buffer.from([0xc0, 0xaf]),
    Buffer.from('"}'),
  ]),
  'has an encoded surrogate': Buffer.concat([
    Buffer.from(`{${valid},"version":"`),
    Buffer.from([0xed, 0xa0, 0x80]),
    Buffer.from('"}'),
  ]),
}

describe.each(Object.entries(MALFORMED))('a body that %s', (_name, body) => {
  test.each(['/agents/register', '/agents/heartbeats', '/agents/a/heartbeat'])(
    'is 400 on %s',
    async (path) => {
      expectProblem(await registry.post(path, { body, headers }), 'MALFORMED_JSON')
    },
  )
})

test('the pointer of a malformed body refers to the whole body', async () => {
  const response = await registry.post('/agents/register', { body: '{', headers })
  const { errors } = expectProblem(response, 'MALFORMED_JSON')
  expect(errors).toEqual([{ pointer: '', message: expect.stringMatching(/./) }])
})

test('a rejected body does not pollute a prototype', async () => {
  const body = `{${valid},"__proto__":{"polluted":true}}`
  await registry.post('/agents/register', { body, headers })
  expect(({} as Record<string, unknown>).polluted).toBeUndefined()
})

test('a forbidden key has a pointer with its own name', async () => {
  const body = `{${valid},"metadata":{"a/b":[0,{"__proto__":1}]}}`
  const response = await registry.post('/agents/register', { body, headers })
  const { errors } = expectProblem(response, 'MALFORMED_JSON')
  expect(errors).toEqual([{ pointer: '/metadata/a~1b/1/__proto__', message: expect.any(String) }])
})

test('constructor is an ordinary key: unknown outside the metadata, kept within', async () => {
  const body = `{${valid},"constructor":{"prototype":{"x":1}}}`
  expectPointers(await registry.post('/agents/register', { body, headers }), '/constructor')
  const metadata = { constructor: { prototype: { x: 1 } } }
  expect((await registry.register({ metadata })).metadata).toEqual(metadata)
})

test('a byte order mark before the JSON is accepted', async () => {
  const json = JSON.stringify(registry.registration())
  const body = Buffer.from(`\ufeff${json}`)
  expect((await registry.post('/agents/register', { body, headers })).status).toBe(200)
})
