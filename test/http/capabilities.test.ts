import { describe, expect, test } from 'vitest'
import { expectPointers, expectProblem } from './support/problem-expectation.ts'
import { useRegistry } from './support/registry-under-test.ts'

const registry = useRegistry()
const longest = 'c'.repeat(128)
const maximum = Array.from({ length: 64 }, (_, index) => `capability-${index}`)

describe('capabilities', () => {
  test('keep their order', async () => {
    const capabilities = ['b', 'a', 'ä', '👩‍🔬', longest]
    expect(await registry.register({ capabilities })).toMatchObject({ capabilities })
  })

  test('are at most 64', async () => {
    expect(await registry.register({ capabilities: maximum })).toMatchObject({
      capabilities: maximum,
    })
  })

  test('are taken from the metadata by default', async () => {
    const metadata = { capabilities: ['search', 'write'] }
    const agent = await registry.register({ metadata })
    expect(agent).toMatchObject({ metadata, capabilities: ['search', 'write'] })
  })

  test('are taken from metadata in a string as well', async () => {
    const metadata = '{"capabilities": ["search"]}'
    expect(await registry.register({ metadata })).toMatchObject({ capabilities: ['search'] })
  })

  test('take precedence over those of the metadata, even if empty', async () => {
    const metadata = { capabilities: ['inner'] }
    const explicit = await registry.register({ metadata, capabilities: ['outer'] })
    expect(explicit.capabilities).toEqual(['outer'])
    expect((await registry.register({ metadata, capabilities: [] })).capabilities).toEqual([])
  })

  test.each([
    ['a string', 'search'],
    ['an object', { search: true }],
    ['a list that holds a number', ['search', 1]],
  ])('in the metadata that are %s are ignored', async (_name, inner) => {
    const agent = await registry.register({ metadata: { capabilities: inner } })
    expect(agent.capabilities).toEqual([])
  })
})

describe('capabilities are rejected', () => {
  test.each([
    ['more than 64', [...maximum, 'one-more'], '/capabilities'],
    ['an empty one', ['a', ''], '/capabilities/1'],
    ['one of 129 characters', [`${longest}c`], '/capabilities/0'],
    ['one with a control character', ['a\u0007'], '/capabilities/0'],
    ['a number', [7], '/capabilities/0'],
    ['not a list', 'search', '/capabilities'],
  ])('%s', async (_name, capabilities, pointer) => {
    const json = registry.registration({ capabilities })
    expectPointers(await registry.post('/agents/register', { json }), pointer)
  })

  test.each([
    ['more than 64', [...maximum, 'one-more']],
    ['an empty one', ['a', '']],
    ['one of 129 characters', [`${longest}c`]],
    ['one with a control character', ['a\u0007']],
  ])('%s, in the metadata as well', async (_name, capabilities) => {
    const json = registry.registration({ metadata: { capabilities } })
    const problem = expectProblem(
      await registry.post('/agents/register', { json }),
      'VALIDATION_FAILED',
    )
    expect(problem.errors?.[0]?.pointer).toMatch(/^\/metadata\/capabilities/)
  })

  test('128 characters of any script are accepted, in both places', async () => {
    const emoji = '👾'.repeat(128)
    const outside = await registry.register({ capabilities: [emoji] })
    expect(outside.capabilities).toEqual([emoji])
    const inside = await registry.register({ metadata: { capabilities: [emoji] } })
    expect(inside.capabilities).toEqual([emoji])
  })
})
