import { describe, expect, test } from 'vitest'
import { expectPointers, expectProblem } from './support/problem-expectation.ts'
import { useRegistry } from './support/registry-under-test.ts'

const registry = useRegistry()

const REQUIRED = ['agent_id', 'agent_name', 'host', 'port']
const name257 = 'n'.repeat(257)

describe('a registration without a body', () => {
  test('is rejected because a body is required', async () => {
    expectPointers(await registry.post('/agents/register'), '')
  })

  test('is rejected in the same way with an empty JSON body', async () => {
    const headers = { 'content-type': 'application/json' }
    expectPointers(await registry.post('/agents/register', { headers }), '')
  })
})

describe('a registration that is', () => {
  test.each([null, 'text', 7, true, []])('%j is rejected as a whole', async (json) => {
    expectPointers(await registry.post('/agents/register', { json }), '')
  })

  test('empty has an error for every required field', async () => {
    const response = await registry.post('/agents/register', { json: {} })
    expectPointers(response, ...REQUIRED.map((field) => `/${field}`))
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
])('%s', (field, invalidValues) => {
  test.each(invalidValues.map((value) => [value]))('may not be %j', async (value) => {
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

describe('an error about the format of a string', () => {
  test.each([
    ['agent_id', 'a b', 'must be letters, digits and . _ - in parts joined by single colons'],
    ['agent_name', 'a\nb', 'must be one or more characters without control characters'],
    ['host', 'a/b', 'must be '],
    ['url', 'nothing', 'must be '],
    ['version', '\u0001', 'must be one or more characters without control characters'],
  ])('of %s explains the rule, with the value', async (field, value, rule) => {
    const json = registry.registration({ [field]: value })
    const { text, json: problem } = await registry.post('/agents/register', { json })
    expect(problem).toMatchObject({
      errors: [{ pointer: `/${field}`, message: expect.stringContaining(rule) }],
    })
    expect(problem).toMatchObject({ detail: expect.stringContaining(JSON.stringify(value)) })
    // No regular expression syntax, such as anchors or character classes.
    expect(text).not.toMatch(/\^|\[A-Z|\$/)
  })

  test('has only one error for an empty string', async () => {
    const json = registry.registration({ agent_name: '' })
    const response = await registry.post('/agents/register', { json })
    expect(response.json).toMatchObject({ errors: [{ pointer: '/agent_name' }] })
  })
})

describe('an error', () => {
  test('reports all errors of a request at once', async () => {
    const json = registry.registration({ port: 0, load: 7, colour: 'red', status: 'x' })
    const response = await registry.post('/agents/register', { json })
    expectPointers(response, '/port', '/load', '/colour', '/status')
  })

  test('lists the known fields for an unknown one', async () => {
    const json = registry.registration({ agentName: 'x' })
    const { errors } = expectProblem(
      await registry.post('/agents/register', { json }),
      'VALIDATION_FAILED',
    )
    expect(errors).toEqual([
      { pointer: '/agentName', message: expect.stringContaining('agent_name') },
    ])
  })

  test('escapes its pointers as in RFC 6901', async () => {
    const json = registry.registration({ 'a/b~c': 1 })
    expectPointers(await registry.post('/agents/register', { json }), '/a~1b~0c')
  })

  test('stays small for a large invalid value', async () => {
    const json = registry.registration({ agent_name: 'x'.repeat(100_000) })
    const response = await registry.post('/agents/register', { json })
    expectPointers(response, '/agent_name')
    expect(response.text.length).toBeLessThan(2000)
  })

  test('stays small for many errors', async () => {
    const unknownFields = Object.fromEntries(
      Array.from({ length: 5000 }, (_, i) => [`field-${i}`, i]),
    )
    const response = await registry.post('/agents/register', {
      json: registry.registration(unknownFields),
    })
    expectProblem(response, 'VALIDATION_FAILED')
    expect(response.text.length).toBeLessThan(20_000)
  })

  test('is valid JSON whatever was sent', async () => {
    const json = registry.registration({ '"}\u2028\ud800</script>': 1 })
    expectProblem(await registry.post('/agents/register', { json }), 'VALIDATION_FAILED')
  })
})

test('nothing is coerced: a quoted number is not a number', async () => {
  const json = registry.registration({ port: '8000', ttl_seconds: '60', load: '0' })
  const response = await registry.post('/agents/register', { json })
  expectPointers(response, '/port', '/ttl_seconds', '/load')
})

test('a number out of range is rejected, not made infinite', async () => {
  const headers = { 'content-type': 'application/json' }
  for (const field of ['port', 'ttl_seconds', 'load']) {
    const json = JSON.stringify(registry.registration({ [field]: 1 }))
    const body = json.replace(`"${field}":1`, `"${field}":1e400`)
    expectPointers(await registry.post('/agents/register', { body, headers }), `/${field}`)
  }
})
