import { AGENT_SORTS } from '@rollcall/protocol'
import { beforeAll, describe, expect, test } from 'vitest'
import { AgentFleet } from './support/agent-fleet.ts'
import { linkTo } from './support/link-header.ts'
import { expectProblem } from './support/problem-expectation.ts'
import { useRegistry } from './support/registry-under-test.ts'
import { type Answer, agentsIn } from './support/response.ts'

const registry = useRegistry()
const fleet = new AgentFleet(registry, 'cursor')

beforeAll(async () => {
  for (const label of ['a', 'b', 'c', 'd']) await fleet.register(label, { load: 0.5 })
})

/** Returns the cursor of the second page of a list. */
async function cursorOf(more = 'limit=1'): Promise<string> {
  const link = linkTo('next', await registry.get(`/agents?${fleet.query(more)}`))
  return String(new URL(String(link), 'http://x').searchParams.get('cursor'))
}

const withCursor = (cursor: string, more = 'limit=1') =>
  registry.get(`/agents?${fleet.query(more)}&cursor=${encodeURIComponent(cursor)}`)

function expectInvalid(response: Answer): void {
  const { errors } = expectProblem(response, 'INVALID_CURSOR')
  expect(errors?.map(({ pointer }) => pointer)).toEqual(['/query/cursor'])
}

describe('a cursor', () => {
  test('may be used with another limit, or with none', async () => {
    const cursor = await cursorOf()
    expect(fleet.labels(agentsIn(await withCursor(cursor, 'limit=2')))).toEqual(['b', 'c'])
    expect(fleet.labels(agentsIn(await withCursor(cursor, '')))).toEqual(['b', 'c', 'd'])
  })

  test('may be reused', async () => {
    const cursor = await cursorOf('limit=2')
    const [first, second] = [await withCursor(cursor), await withCursor(cursor)]
    expect(agentsIn(second)).toEqual(agentsIn(first))
  })

  test('holds for the defaults, explicit or not', async () => {
    const cursor = await cursorOf()
    const explicit = 'limit=1&sort=agent_id&include_dead=false'
    expect(fleet.labels(agentsIn(await withCursor(cursor, explicit)))).toEqual(['b'])
  })

  test('reveals nothing of an agent but its position', async () => {
    expect((await cursorOf()).length).toBeLessThan(200)
  })

  test.each([
    'status=ready',
    'include_dead=true',
    'q=x',
    'name=R*',
    'capability=x',
    'metadata.a=b',
  ])('is rejected with another condition: %s', async (condition) => {
    expectInvalid(await withCursor(await cursorOf(), `limit=1&${condition}`))
  })

  test('is rejected without its condition', async () => {
    const cursor = await cursorOf('limit=1&status=ready')
    expectInvalid(await withCursor(cursor))
    expectInvalid(await withCursor(cursor, 'limit=1&status=busy'))
  })

  test('is rejected with every other order', async () => {
    for (const sort of AGENT_SORTS) {
      const cursor = await cursorOf(`limit=1&sort=${sort}`)
      for (const other of AGENT_SORTS) {
        const response = await withCursor(cursor, `limit=1&sort=${other}`)
        if (other === sort) agentsIn(response)
        else expectInvalid(response)
      }
    }
  })

  test('is rejected when a single character was changed, added or removed', async () => {
    const cursor = await cursorOf('limit=1&sort=load')
    for (const at of cursor.split('').keys()) {
      const [before, here, after] = [cursor.slice(0, at), cursor[at], cursor.slice(at + 1)]
      const sign = here === 'A' ? 'B' : 'A'
      for (const tampered of [
        before + sign + after,
        before + after,
        before + here + sign + after,
      ]) {
        expectInvalid(await withCursor(tampered, 'limit=1&sort=load'))
      }
    }
  })

  test.each([
    'x',
    '.',
    '..',
    '.x',
    'x.',
    'null',
    '{}',
    '[null,"a"]',
    'bnVsbA.AAAAAAAA',
    '__proto__',
    '\u0000',
    '👾',
    'x'.repeat(1024),
  ])('is rejected when it is not a cursor: %.20j', async (cursor) => {
    expectInvalid(await withCursor(cursor))
  })

  test('is rejected by its schema when it is empty or too long', async () => {
    expectProblem(await withCursor(''), 'VALIDATION_FAILED')
    expectProblem(await withCursor('x'.repeat(1025)), 'VALIDATION_FAILED')
  })
})
