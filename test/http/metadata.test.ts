import { describe, expect, test } from 'vitest'
import { expectPointers } from './support/problem-expectation.ts'
import { useRegistry } from './support/registry-under-test.ts'
import { agentIn } from './support/response.ts'

const registry = useRegistry()

/** The largest allowed: 4000 characters as JSON. */
const objectOf4000 = { k: 'x'.repeat(4000 - '{"k":""}'.length) }

describe.each([
  ['an object', { region: 'eu-1', nested: { deep: [1, 2.5, null, true] } }],
  ['an empty object', {}],
  ['null', null],
  ['a string that holds an object', '{ "region":  "eu-1" }'],
  ['a string that holds an array', '[1, 2, 3]'],
  ['a string that holds a string', '"hello"'],
  ['a string that holds null', 'null'],
  ['an object of 4000 characters', objectOf4000],
  ['a string of 4000 characters', JSON.stringify(objectOf4000)],
  ['an object with an emoji', { mood: '👩‍🔬' }],
  ['a string with escaped characters', '{"a":"\\u0000\\n\\"\\\\"}'],
  ['an object with numeric keys', { '10': 'a', '2': 'b' }],
  ['an object whose keys are names of prototypes', { toString: 1, constructor: 'x' }],
])('metadata that is %s', (_name, metadata) => {
  test('comes back in the form it was given', async () => {
    const { agent_id, metadata: answered } = await registry.register({ metadata })
    expect(answered).toStrictEqual(metadata)
    const read = agentIn(await registry.get(`/agents/${agent_id}`))
    expect(read.metadata).toStrictEqual(metadata)
  })
})

describe.each([
  ['an array', [1, 2]],
  ['a number', 7],
  ['a boolean', true],
  ['a string that is no JSON', 'region=eu-1'],
  ['an empty string', ''],
  ['an object of 4001 characters', { k: `${objectOf4000.k}x` }],
  ['a string of 4001 characters', JSON.stringify(`${objectOf4000.k}1234567`)],
])('metadata that is %s', (_name, metadata) => {
  test('is refused with a pointer', async () => {
    const json = registry.registration({ metadata })
    expectPointers(await registry.post('/agents/register', { json }), '/metadata')
  })
})

test('metadata that is nested thousands of levels deep is refused, not fatal', async () => {
  const deep = `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`
  const body = JSON.stringify(registry.registration()).replace(/}$/, `,"metadata":${deep}}`)
  const headers = { 'content-type': 'application/json' }
  expectPointers(await registry.post('/agents/register', { body, headers }), '/metadata')
})

test('a refused registration leaves the agent as it was', async () => {
  const { agent_id, revision } = await registry.register({ metadata: { kept: true } })
  const json = registry.registration({ agent_id, metadata: 'no JSON' })
  expectPointers(await registry.post('/agents/register', { json }), '/metadata')
  const read = agentIn(await registry.get(`/agents/${agent_id}`))
  expect(read).toMatchObject({ metadata: { kept: true }, revision })
})
