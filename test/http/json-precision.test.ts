// Every value is returned exactly as sent, or rejected with a pointer to it.
import { describe, expect, test } from 'vitest'
import { expectPointers, expectProblem } from './support/problem-expectation.ts'
import { useRegistry } from './support/registry-under-test.ts'
import { agentIn, agentsIn, objectIn } from './support/response.ts'

const registry = useRegistry()

/** Registers with exactly this text as metadata. */
function registerWith(metadata: string, agent_id = registry.newId()) {
  const json = JSON.stringify(registry.registration({ agent_id, metadata: 0 }))
  const body = json.replace('"metadata":0', `"metadata":${metadata}`)
  return registry.post('/agents/register', {
    body,
    headers: { 'content-type': 'application/json' },
  })
}

describe('a number in the metadata', () => {
  test.each([
    ['1546130668394913822'],
    ['9007199254740993'],
    // A double, but JavaScript formats it as 36028797018963970.
    ['36028797018963968'],
    ['123456789012345678901234567890'],
    ['1e400'],
    ['-1e400'],
    ['1e-400'],
    ['0.1234567890123456789'],
    ['0.33333333333333331'],
    [`1${'0'.repeat(400)}`],
  ])('that would lose precision is rejected: %s', async (number) => {
    const response = await registerWith(`{"a":[true,{"b/c":${number}}],"id":1}`)
    expectPointers(response, '/metadata/a/1/b~1c')
    expect(expectProblem(response, 'VALIDATION_FAILED').detail).toContain('send it as a string')
  })

  test.each([
    ['0', 0],
    ['-0', 0],
    ['-0.0', 0],
    ['1.0', 1],
    ['1.50', 1.5],
    ['1e3', 1000],
    ['1E+3', 1000],
    ['0e999999999999', 0],
    ['100e-2', 1],
    ['9007199254740992', 2 ** 53],
    ['-9007199254740991', -(2 ** 53 - 1)],
    ['1e21', 1e21],
    ['1000000000000000000000', 1e21],
    ['5e-324', 5e-324],
    ['1.7976931348623157e308', Number.MAX_VALUE],
    ['0.30000000000000004', 0.1 + 0.2],
    ['3.141592653589793', Math.PI],
    ['0.1000000000000000000000', 0.1],
    ['1764151200123', 1764151200123],
  ])('that JavaScript represents exactly is kept: %s', async (number, value) => {
    const { metadata } = agentIn(await registerWith(`{"n":${number}}`))
    expect(metadata).toEqual({ n: value })
  })

  test('may be of any length inside a string', async () => {
    const metadata = { id: '1546130668394913822', more: 'a: 1e400, [1e400] 9007199254740993' }
    const { agent_id } = await registry.register({ metadata })
    expect(agentIn(await registry.get(`/agents/${agent_id}`)).metadata).toEqual(metadata)
  })

  test('is rejected quickly even at the maximum body size', async () => {
    for (const number of [`0.${'0'.repeat(250_000)}1`, `1${'0'.repeat(250_000)}1`]) {
      expectPointers(await registerWith(`{"n":${number}}`), '/metadata/n')
    }
  })
})

test('a load is a measurement and is rounded', async () => {
  const json = JSON.stringify(registry.registration({ load: 0.5 }))
  const body = json.replace('0.5', '0.33333333333333331')
  const headers = { 'content-type': 'application/json' }
  const agent = agentIn(await registry.post('/agents/register', { body, headers }))
  expect(agent.load).toBe(1 / 3)
})

describe('a duplicate key is rejected', () => {
  test.each([
    ['{"a":1,"a":2}', '/metadata/a'],
    ['{"a":1,"a" : 1}', '/metadata/a'],
    ['{"a":":","b":{"c":[{},{"d":1,"e":"x\\"y","\\u0064":2}]}}', '/metadata/b/c/1/d'],
    ['{"":1,"":2}', '/metadata/'],
    ['{"a:\\":":"\\":","b":0,"b":1}', '/metadata/b'],
  ])('in the metadata: %s', async (metadata, pointer) => {
    expectPointers(await registerWith(metadata), pointer)
  })

  test('in the registration itself', async () => {
    const body = JSON.stringify(registry.registration()).replace(/}$/, ',"host":"10.0.0.9"}')
    const headers = { 'content-type': 'application/json' }
    expectPointers(await registry.post('/agents/register', { body, headers }), '/host')
  })

  test('unless it is in different objects, or only resembles a key', async () => {
    const metadata = { a: { a: [{ a: 1 }, { a: 2 }] }, b: '":":"a":1,"a":2', ':': ':', c: '\\"a":' }
    expect((await registry.register({ metadata })).metadata).toEqual(metadata)
  })
})

describe('metadata that is a string of JSON', () => {
  test('is kept byte for byte, and matched by its original text', async () => {
    const mark = registry.newId('mark')
    const metadata = `{ "id" : 1546130668394913822, "x":[1e400,1.0], "text":"1e400 \\" 99999999999999999", "mark":"${mark}" }`
    const { agent_id } = await registry.register({ metadata })
    expect(agentIn(await registry.get(`/agents/${agent_id}`)).metadata).toBe(metadata)
    const listed = async (query: string) =>
      agentsIn(await registry.get(`/agents?metadata.mark=${mark}&${query}`)).length
    expect(await listed('metadata.id=1546130668394913822')).toBe(1)
    expect(await listed('metadata.id=1546130668394913800')).toBe(0)
    expect(await listed('q=1546130668394913822')).toBe(1)
    expect(await listed('metadata.x=1e400')).toBe(1)
    expect(await listed('metadata.x=1')).toBe(1)
    expect(await listed('metadata.x=1.0')).toBe(1)
  })
})

describe('a number matches in any notation', () => {
  test('and a string only exactly', async () => {
    const mark = registry.newId('mark')
    const number = await registry.register({ metadata: { mark, n: 1 } })
    const text = await registry.register({ metadata: { mark, n: '1.0' } })
    await registry.register({ metadata: { mark, n: 2 } })
    const idsWith = async (n: string) =>
      agentsIn(await registry.get(`/agents?metadata.mark=${mark}&metadata.n=${n}`)).map(
        ({ agent_id }) => agent_id,
      )
    expect(await idsWith('1')).toEqual([number.agent_id])
    expect(await idsWith('1.0')).toEqual([number.agent_id, text.agent_id])
    expect(await idsWith('1e0')).toEqual([number.agent_id])
    expect(await idsWith('10e-1')).toEqual([number.agent_id])
    expect(await idsWith('01')).toEqual([])
    // In pages as well: one agent per page, then none.
    const path = `/agents?metadata.mark=${mark}&metadata.n=1.0&limit=1`
    expect(agentsIn(await registry.get(path)).map(({ agent_id }) => agent_id)).toEqual([
      number.agent_id,
    ])
  })
})

test('a lone surrogate is returned as the escape that was sent', async () => {
  const response = await registerWith('{"half":"\\ud83d","\\udc00":1}')
  expect(objectIn(response).metadata).toEqual({ half: '\ud83d', '\udc00': 1 })
  expect(response.text).toContain('{"half":"\\ud83d","\\udc00":1}')
})
