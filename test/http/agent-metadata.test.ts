import { describe, expect, test } from 'vitest'
import { expectPointers } from './support/problem-expectation.ts'
import { useRegistry } from './support/registry-under-test.ts'
import { agentIn } from './support/response.ts'

const registry = useRegistry()

/** The largest allowed object: 4000 characters as JSON. */
const objectOf4000 = { k: 'x'.repeat(4000 - '{"k":""}'.length) }

describe.each([
  ['an object', { region: 'eu-1', nested: { deep: [1, 2.5, null, true] } }],
  ['an empty object', {}],
  ['null', null],
  ['a string containing an object', '{ "region":  "eu-1" }'],
  ['a string containing an array', '[1, 2, 3]'],
  ['a string containing a string', '"hello"'],
  ['a string containing null', 'null'],
  ['an object of 4000 characters', objectOf4000],
  ['a string of 4000 characters', JSON.stringify(objectOf4000)],
  ['an object with an emoji', { mood: '👩‍🔬' }],
  ['a string with escaped characters', '{"a":"\\u0000\\n\\"\\\\"}'],
  ['an object with numeric keys', { '10': 'a', '2': 'b' }],
  ['an object with keys of Object.prototype', { toString: 1, constructor: 'x' }],
])('metadata that is %s', (_name, metadata) => {
  test('is returned in its original form', async () => {
    const { agent_id, metadata: returned } = await registry.register({ metadata })
    expect(returned).toStrictEqual(metadata)
    const read = agentIn(await registry.get(`/agents/${agent_id}`))
    expect(read.metadata).toStrictEqual(metadata)
  })
})

describe.each([
  ['an array', [1, 2]],
  ['a number', 7],
  ['a boolean', true],
  ['a string that is not JSON', 'region=eu-1'],
  ['an empty string', ''],
  ['an object of 4001 characters', { k: `${objectOf4000.k}x` }],
  ['a string of 4001 characters', JSON.stringify(`${objectOf4000.k}1234567`)],
])('metadata that is %s', (_name, metadata) => {
  test('is rejected with a pointer', async () => {
    const json = registry.registration({ metadata })
    expectPointers(await registry.post('/agents/register', { json }), '/metadata')
  })
})

test('metadata nested thousands of levels deep is rejected without a crash', async () => {
  const deep = `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`
  const body = JSON.stringify(registry.registration()).replace(/}$/, `,"metadata":${deep}}`)
  const headers = { 'content-type': 'application/json' }
  expectPointers(await registry.post('/agents/register', { body, headers }), '/metadata')
})

test('a rejected registration leaves the agent unchanged', async () => {
  const { agent_id, revision } = await registry.register({ metadata: { kept: true } })
  const json = registry.registration({ agent_id, metadata: 'no JSON' })
  expectPointers(await registry.post('/agents/register', { json }), '/metadata')
  const read = agentIn(await registry.get(`/agents/${agent_id}`))
  expect(read).toMatchObject({ metadata: { kept: true }, revision })
})
