import { describe, expect, test } from 'vitest'
import { expectPointers, expectProblem } from './support/problem-expectation.ts'
import { useRegistry } from './support/registry-under-test.ts'

const registry = useRegistry()
const headers = { 'content-type': 'application/json' }
const valid = '"agent_id":"a","agent_name":"A","host":"h","port":1'

const MALFORMED: Readonly<Record<string, string | Uint8Array<ArrayBuffer>>> = {
  'is cut off': `{${valid}`,
  'has a comma too many': `{${valid},}`,
  'is quoted with single quotes': "{'agent_id':'a'}",
  'has a comment': `{${valid}}// hello`,
  'is two documents': `{${valid}}{${valid}}`,
  'is a word': 'undefined',
  'has NaN in it': `{${valid},"load":NaN}`,
  'has a raw control character': `{${valid},"version":"a\nb"}`,
  'is blank': '   ',
  'is a form': 'agent_id=a&port=1',
  'has a __proto__ key': `{${valid},"__proto__":{"admin":true}}`,
  'has an escaped __proto__ key': `{${valid},"\\u005f_proto__":{"admin":true}}`,
  'has a __proto__ key deep inside': `{${valid},"metadata":{"a":[{"__proto__":1}]}}`,
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

test('the pointer of a malformed body is the whole body', async () => {
  const answer = await registry.post('/agents/register', { body: '{', headers })
  const { errors } = expectProblem(answer, 'MALFORMED_JSON')
  expect(errors).toEqual([{ pointer: '', message: expect.stringMatching(/./) }])
})

test('nothing of a refused body reaches a prototype', async () => {
  const body = `{${valid},"__proto__":{"polluted":true}}`
  await registry.post('/agents/register', { body, headers })
  expect(({} as Record<string, unknown>).polluted).toBeUndefined()
})

test('a key that is not allowed is pointed at, by its own name', async () => {
  const body = `{${valid},"metadata":{"a/b":[0,{"__proto__":1}]}}`
  const answer = await registry.post('/agents/register', { body, headers })
  const { errors } = expectProblem(answer, 'MALFORMED_JSON')
  expect(errors).toEqual([{ pointer: '/metadata/a~1b/1/__proto__', message: expect.any(String) }])
})

test('a constructor is a key like any other: unknown outside the metadata, kept within', async () => {
  const body = `{${valid},"constructor":{"prototype":{"x":1}}}`
  expectPointers(await registry.post('/agents/register', { body, headers }), '/constructor')
  const metadata = { constructor: { prototype: { x: 1 } } }
  expect((await registry.register({ metadata })).metadata).toEqual(metadata)
})

test('a byte order mark before the JSON is no mistake', async () => {
  const json = JSON.stringify(registry.registration())
  const body = Buffer.from(`\ufeff${json}`)
  expect((await registry.post('/agents/register', { body, headers })).status).toBe(200)
})
