import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { expectProblem } from './support/problem-expectation.ts'
import { useRegistry } from './support/registry-under-test.ts'

// The checksum of a cursor is not secret: anyone can compute it from the sources.

const registry = useRegistry()

/** A cursor of any content, with a valid checksum for the unfiltered list. */
function forgeCursor(position: string, sort = 'agent_id'): string {
  const text = Buffer.from(position).toString('base64url')
  const checked = JSON.stringify([text, sort, false, { metadata: [] }])
  return `${text}.${createHash('sha256').update(checked).digest('base64url').slice(0, 8)}`
}

const list = (position: string, sort?: string) =>
  registry.get(`/agents?cursor=${forgeCursor(position, sort)}${sort ? `&sort=${sort}` : ''}`)

/** A valid position for each order. */
const VALID: Readonly<Record<string, string>> = {
  agent_id: '[null,"a"]',
  last_heartbeat: '[1700000000000,"a"]',
  '-last_heartbeat': '[-1700000000000,"a"]',
  registered_at: '[0,"a:b"]',
  '-registered_at': '[-9007199254740991,"a"]',
  expires_at: '[1700000000000,"a"]',
  '-expires_at': '[-1700000000000,"a"]',
  load: '[0.5,"a"]',
  '-load': '[2,"a"]',
}

describe.each(Object.entries(VALID))('sorted by %s', (sort, position) => {
  test('a cursor can be forged, otherwise the next test would be void', async () => {
    expect((await list(position, sort)).status).toBe(200)
  })

  test.each([
    ...['null', '7', '[', '', '{}', '[]', '[null]', '["a","b"]', '[null,1]', '[null,"a",1]'],
    ...['[1e300,"a"]', '[-1e300,"a"]', '[1e999,"a"]', '[9007199254740992,"a"]', '["1","a"]'],
    ...['[true,"a"]', '[[],"a"]', '[NaN,"a"]', '[Infinity,"a"]', '[1.5e9,""]', '[0,"a\\u0000"]'],
    ...['[0,"\\u0000"]', '[0,"a b"]', '[0,"."]', '[0,"\\ud800"]', `[0,"${'a'.repeat(256)}"]`],
    ...['[null,"a\\u0000"]', '[null,""]', '[null,"a/b"]', `[null,"${'a'.repeat(256)}"]`],
  ])('a cursor with the position %.30j is rejected like any other', async (invalid) => {
    expectProblem(await list(invalid, sort), 'INVALID_CURSOR')
  })
})

test.each([
  ['agent_id', '[0,"a"]'],
  ['load', '[null,"a"]'],
  ['load', '[2.1,"a"]'],
  ['-load', '[-1.1,"a"]'],
  ['last_heartbeat', '[null,"a"]'],
  ['registered_at', '[1.5,"a"]'],
])('sorted by %s, a cursor with the position %s is rejected', async (sort, position) => {
  expectProblem(await list(position, sort), 'INVALID_CURSOR')
})
