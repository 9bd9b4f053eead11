import { createHash } from 'node:crypto'
import { AgentRegistryServer } from '@rollcall/server'
import { expect, test } from 'vitest'

// The check in a cursor is no secret: whoever reads the sources can give any text a right one.

/** A cursor that says what it likes, with a check that is right for the list of everybody. */
function forged(position: string): string {
  const text = Buffer.from(position).toString('base64url')
  const checked = JSON.stringify([text, 'agent_id', false, { metadata: [] }])
  return `${text}.${createHash('sha256').update(checked).digest('base64url').slice(0, 8)}`
}

const ask = async (cursor: string) => {
  await using server = new AgentRegistryServer('memory:')
  return await server.createApp().inject(`/agents?cursor=${cursor}`)
}

test('a cursor can be forged, or the next test would test nothing', async () => {
  expect((await ask(forged('[null,"a"]'))).statusCode).toBe(200)
})

test.each([
  ...['null', '7', '[', '', '{}', '[]', '[null]', '["a","b"]', '[null,1]', '[null,"a",1]'],
  ...['[1e400,"a"]', '[-1e400,"a"]', '[null,"a\\u0000b"]', '[null,"\\u0000"]'],
])('a forged cursor that says %j is refused as any other', async (position) => {
  const answer = await ask(forged(position))
  expect(answer.json()).toMatchObject({ status: 400, code: 'INVALID_CURSOR' })
})
