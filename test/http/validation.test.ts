import { describe, expect, test } from 'vitest'
import { expectPointers, expectProblem } from './support/problem-expectation.ts'
import { useRegistry } from './support/registry-under-test.ts'

const registry = useRegistry()

const REQUIRED = ['agent_id', 'agent_name', 'host', 'port']
const name257 = 'n'.repeat(257)

describe('a registration without a body', () => {
  test('is told that it needs one', async () => {
    expectPointers(await registry.post('/agents/register'), '')
  })

  test('is told so too when the body is said to be JSON and is empty', async () => {
    const headers = { 'content-type': 'application/json' }
    expectPointers(await registry.post('/agents/register', { headers }), '')
  })
})

describe('a registration that is', () => {
  test.each([null, 'text', 7, true, []])('%j is refused as a whole', async (json) => {
    expectPointers(await registry.post('/agents/register', { json }), '')
  })

  test('empty is told everything that it lacks', async () => {
    const answer = await registry.post('/agents/register', { json: {} })
    expectPointers(answer, ...REQUIRED.map((field) => `/${field}`))
  })
})

describe.each<[string, readonly unknown[]]>([
  ['agent_name', ['', name257, 'a\u0000b', 'a\nb', '\u007f', 7, null, {}, '\ud800']],
  ['host', ['', name257, 'a\tb', 7, null, '\udc00x']],
  ['port', [0, -1, 65_536, 1.5, '8000', null, true, [8000]]],
  ['ttl_seconds', [0, 86_401, 1.5, '60', null, -1]],
  ['version', ['', name257, '\u0001', 1]],
  ['url', ['', 'nothing', 'http://', '//host', 'http://a b', `http://${'x'.repeat(2048)}`, 1]],
  ['status', ['expired', 'READY', '', null, 1]],
  ['load', [-0.01, 1.01, '0.5', true]],
])('%s', (field, wrongValues) => {
  test.each(wrongValues.map((value) => [value]))('may not be %j', async (value) => {
    const json = registry.registration({ [field]: value })
    expectPointers(await registry.post('/agents/register', { json }), `/${field}`)
  })
})

describe.each<[string, readonly unknown[]]>([
  ['agent_name', ['n', 'n'.repeat(256), '👩'.repeat(256), ' ']],
  ['port', [1, 65_535, 8000.0]],
  ['ttl_seconds', [1, 86_400]],
  ['load', [0, -0, 1, 1e-300]],
  ['url', ['x://y', `http://${'x'.repeat(2041)}`]],
])('%s at its limits', (field, values) => {
  test.each(values.map((value) => [value]))('may be %j', async (value) => {
    expect(await registry.register({ [field]: value })).toHaveProperty(field)
  })
})

describe('an error about how a text is written', () => {
  test.each([
    ['agent_id', 'a b', 'must be letters, digits and . _ - in parts joined by single colons'],
    ['agent_name', 'a\nb', 'must be one or more characters without control characters'],
    ['host', 'a/b', 'must be '],
    ['url', 'nothing', 'must be '],
    ['version', '\u0001', 'must be one or more characters without control characters'],
  ])('of %s says it in words, with the value', async (field, value, rule) => {
    const json = registry.registration({ [field]: value })
    const { text, json: problem } = await registry.post('/agents/register', { json })
    expect(problem).toMatchObject({
      errors: [{ pointer: `/${field}`, message: expect.stringContaining(rule) }],
    })
    expect(problem).toMatchObject({ detail: expect.stringContaining(JSON.stringify(value)) })
    // No anchor, no class of characters: nothing of a regular expression.
    expect(text).not.toMatch(/\^|\[A-Z|\$/)
  })

  test('says of an empty one once that it is empty', async () => {
    const json = registry.registration({ agent_name: '' })
    const answer = await registry.post('/agents/register', { json })
    expect(answer.json).toMatchObject({ errors: [{ pointer: '/agent_name' }] })
  })
})

describe('an error', () => {
  test('names every mistake of a request at once', async () => {
    const json = registry.registration({ port: 0, load: 7, colour: 'red', status: 'x' })
    const answer = await registry.post('/agents/register', { json })
    expectPointers(answer, '/port', '/load', '/colour', '/status')
  })

  test('tells the known fields to whoever sends an unknown one', async () => {
    const json = registry.registration({ agentName: 'x' })
    const { errors } = expectProblem(
      await registry.post('/agents/register', { json }),
      'VALIDATION_FAILED',
    )
    expect(errors).toEqual([
      { pointer: '/agentName', message: expect.stringContaining('agent_name') },
    ])
  })

  test('escapes its pointers as RFC 6901 has it', async () => {
    const json = registry.registration({ 'a/b~c': 1 })
    expectPointers(await registry.post('/agents/register', { json }), '/a~1b~0c')
  })

  test('stays small when the mistake is large', async () => {
    const json = registry.registration({ agent_name: 'x'.repeat(100_000) })
    const answer = await registry.post('/agents/register', { json })
    expectPointers(answer, '/agent_name')
    expect(answer.text.length).toBeLessThan(2000)
  })

  test('stays small when there are many mistakes', async () => {
    const wrong = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`field-${i}`, i]))
    const answer = await registry.post('/agents/register', { json: registry.registration(wrong) })
    expectProblem(answer, 'VALIDATION_FAILED')
    expect(answer.text.length).toBeLessThan(20_000)
  })

  test('keeps nothing of what was sent from being JSON', async () => {
    const json = registry.registration({ '"}\u2028\ud800</script>': 1 })
    expectProblem(await registry.post('/agents/register', { json }), 'VALIDATION_FAILED')
  })
})

test('nothing is coerced: a number in quotes is no number', async () => {
  const json = registry.registration({ port: '8000', ttl_seconds: '60', load: '0' })
  const answer = await registry.post('/agents/register', { json })
  expectPointers(answer, '/port', '/ttl_seconds', '/load')
})

test('a number too large for any number is refused, not made infinite', async () => {
  const headers = { 'content-type': 'application/json' }
  for (const field of ['port', 'ttl_seconds', 'load']) {
    const json = JSON.stringify(registry.registration({ [field]: 1 }))
    const body = json.replace(`"${field}":1`, `"${field}":1e400`)
    expectPointers(await registry.post('/agents/register', { body, headers }), `/${field}`)
  }
})
