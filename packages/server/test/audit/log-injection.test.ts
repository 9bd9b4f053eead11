// Whatever a caller sends, each request leaves one line, and nothing of it controls the terminal that shows the line.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { RawConnection } from '../../../../test/http/support/raw-connection.ts'
import { TOKENS } from '../access/support/guarded-registry.ts'
import { AuditedRegistry } from './support/audited-registry.ts'

let registry: AuditedRegistry
beforeAll(async () => {
  registry = await AuditedRegistry.start()
})
afterAll(() => registry[Symbol.asyncDispose]())

/** Begins another line, clears the terminal, reverses the text after it, and ends a text in JSON. */
const HOSTILE = 'x\n{"what":"forged"}\r\n\u001b[2J\u009b2J\u202e","who":"forged'
const MEMBERS = ['time', 'what', 'agent', 'who', 'address', 'request_id', 'outcome']

const token = TOKENS.admin
const registration = { agent_id: 'team-a:1', agent_name: 'A', host: 'h', port: 1 }
const register = (more: object) =>
  registry.send('POST', '/agents/register', { token, json: { ...registration, ...more } })
const path = `/agents/${encodeURIComponent(HOSTILE)}`

/** Sends what no client library sends: latin-1 text in a header. */
async function sendHeader(name: string, value: string): Promise<{ status: number }> {
  await using connection = await RawConnection.open(registry.guarded.url)
  const headers = { Host: '127.0.0.1', 'Content-Length': '0', [name]: value }
  const lines = Object.entries(headers).map((header) => header.join(': '))
  const text = `DELETE /agents/team-a:1 HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`
  connection.send(Buffer.from(text, 'latin1'))
  return await connection.answer()
}
// Without what ends a header.
const IN_HEADER = '{"what":"forged"}\u009b2J","who":"forged'

const ATTEMPTS: readonly [string, () => Promise<{ status: number }>, number][] = [
  ['an agent id in a body', () => register({ agent_id: HOSTILE }), 422],
  ['an agent id in a path', () => registry.send('DELETE', path, { token }), 422],
  ['a pattern', () => registry.send('PUT', `${path}*/maintenance`, { token, json: {} }), 422],
  ['an unknown route', () => registry.send('POST', `/${encodeURIComponent(HOSTILE)}`), 404],
  ['metadata', () => register({ metadata: { [HOSTILE]: HOSTILE } }), 200],
  ['the name of an agent', () => register({ agent_name: HOSTILE }), 422],
  [
    'the reason of maintenance, and who wants it',
    () => {
      const json = { reason: HOSTILE, by: HOSTILE }
      return registry.send('PUT', '/agents/team-a:1/maintenance', { token, json })
    },
    422,
  ],
  [
    'the name of a token',
    () => registry.send('POST', '/tokens', { token, json: { name: HOSTILE, scope: 'read' } }),
    422,
  ],
  [
    'a token id',
    () => registry.send('DELETE', `/tokens/${encodeURIComponent(HOSTILE)}`, { token }),
    422,
  ],
  ['the id of a request', () => sendHeader('X-Request-Id', IN_HEADER), 401],
  ['a token', () => sendHeader('Authorization', `Bearer ${IN_HEADER}`), 401],
  ['an origin', () => sendHeader('Origin', IN_HEADER), 403],
  ['a host', () => sendHeader('Host', IN_HEADER), 421],
]

test.each(ATTEMPTS)('%s', async (_name, attempt, status) => {
  const before = (await registry.lines()).length
  expect(await attempt()).toMatchObject({ status })
  const text = await registry.text()
  expect(text).toMatch(/^[\x20-\x7e\n]*$/)
  expect(text).not.toContain('forged')
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  // An unknown route changes nothing; the last two lines are of the reading of this test.
  expect(lines.length - before).toBe(status === 404 ? 2 : 3)
  for (const line of lines) expect(MEMBERS).toEqual(expect.arrayContaining(Object.keys(line)))
})
