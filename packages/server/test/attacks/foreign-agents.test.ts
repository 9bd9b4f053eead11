// A caller with a token for `team-a:*` tries to beat for, to change and to remove an agent of another team, by every
// other way of writing its id.
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TOKENS } from '../access/support/guarded-registry.ts'
import {
  type AttackedRegistry,
  attackedRegistry,
  OWN,
  rawRequest,
  VICTIM,
} from './support/attacked-registry.ts'

let registry: AttackedRegistry
beforeAll(async () => {
  registry = await attackedRegistry()
})
afterAll(() => registry[Symbol.asyncDispose]())

/** The attacker must not be able to write one of these segments of a path so that it means the victim. */
const SPELLINGS: Readonly<Record<string, string>> = {
  plainly: VICTIM,
  'with an escaped colon': 'team-b%3A1',
  'with an escape in lowercase': 'team-b%3a1',
  'with escaped letters': '%74%65am-%62:1',
  'escaped twice': 'team-b%253A1',
  'in uppercase': 'TEAM-B:1',
  'with an own prefix and an escaped slash': 'team-a:%2F..%2Fteam-b:1',
  'with an own prefix and a slash': 'team-a:x/../team-b:1',
  'with an own prefix and escaped dots': 'team-a:x/%2e%2e/team-b:1',
  'with an own prefix and a backslash': 'team-a:x\\..\\team-b:1',
  'with a dot segment': './team-b:1',
  'with a parent segment': '../agents/team-b:1',
  'with an empty segment': '/team-b:1',
  'with an escaped NUL': 'team-b:1%00',
  'with an own prefix and an escaped NUL': 'team-a:%00team-b:1',
  'with an escaped space': 'team-b:1%20',
  'with a plus': 'team-b:1+',
  'with a line feed': 'team-b:1%0a',
  'with trailing dots': 'team-b:1..',
  'with a full-width colon': 'team-b%EF%BC%9A1',
  'with a full-width letter': 'team-%EF%BD%82:1',
  'with a zero-width space': 'team-b%E2%80%8B:1',
  'with a soft hyphen': 'team%C2%AD-b:1',
  'from right to left': '%E2%80%AE1:b-maet',
  'with a composed letter': 'team-%C3%A1:1',
  'with a decomposed letter': 'team-a%CC%81:1',
  'with a Cyrillic letter': 't%D0%B5am-b:1',
  'with an overlong escape': 'team-b%C0%BA1',
  'with raw bytes of UTF-8': 'team-b\xef\xbc\x9a1',
  'with an own id as the query': 'team-b:1?agent_id=team-a:1',
  'with a semicolon': 'team-b:1;team-a:1',
  'with an own prefix and a semicolon': 'team-a:1;/../team-b:1',
  'with a fragment': 'team-b:1#',
  'with 255 characters': 'team-b:1'.padEnd(255, 'x'),
  'with 256 characters': 'team-a:'.padEnd(256, 'x'),
  'with 1 MB': 'team-a:'.padEnd(1_000_000, 'x'),
}

const report = '{"status":"busy","load":1}'
const attempts = (segment: string) => [
  rawRequest('POST', `/agents/${segment}/heartbeat`),
  rawRequest('POST', `/agents/${segment}/heartbeat`, { json: report }),
  rawRequest('DELETE', `/agents/${segment}`),
  rawRequest('PUT', `/agents/${segment}/maintenance`, { json: '{"reason":"x"}' }),
]

describe.each(Object.entries(SPELLINGS))('an id that is written %s', (_how, segment) => {
  test('changes nothing, and is refused', async () => {
    const before = await registry.victim()
    for (const attempt of attempts(segment)) {
      const [status] = await registry.exchange(attempt, 1)
      expect(status, attempt.slice(0, 200)).toBeGreaterThanOrEqual(400)
      expect(status).toBeLessThan(500)
      expect(await registry.victim()).toEqual(before)
    }
  })
})

test.each([
  'http://localhost/agents/team-b:1/heartbeat',
  'http://team-a:1@localhost/agents/team-b%3A1/heartbeat',
  'http://localhost/agents/team-a:1/heartbeat?/agents/team-b:1/heartbeat',
  '//localhost/agents/team-b:1/heartbeat',
  '/agents/team-a:1/heartbeat/../../team-b:1/heartbeat',
  '/agents/team-a:1/heartbeat?agent_id=team-b:1',
  '/agents/team-a:1/heartbeat#/agents/team-b:1/heartbeat',
  '/AGENTS/team-b:1/heartbeat',
  '/agents/team-b:1/heartbeat/',
  '/agents/team-b:1/HEARTBEAT',
])('the target %s is no heartbeat of the victim', async (target) => {
  const before = await registry.victim()
  const [status] = await registry.exchange(rawRequest('POST', target), 1)
  expect(status).toBeLessThan(500)
  expect(await registry.victim()).toEqual(before)
})

test.each([
  ['X-Original-URL: /agents/team-b:1/heartbeat'],
  ['X-Rewrite-URL: /agents/team-b:1/heartbeat'],
  ['X-HTTP-Method-Override: DELETE'],
  ['X-Forwarded-User: ops'],
])('the header %s means nothing', async (header) => {
  const before = [await registry.victim(), await registry.repository.counts()]
  const request = rawRequest('POST', `/agents/${OWN}/heartbeat`, { headers: [header] })
  expect(await registry.exchange(request, 1)).toEqual([200])
  expect([await registry.victim(), await registry.repository.counts()]).toEqual(before)
})

test('no combination of parts of a path changes another agent', async () => {
  const parts = ['team-a:', 'team-b:', '1', ':', '.', '..', '/', '%2F', '%2e', '%3A', '%25', '%00']
  const more = ['?', '#', ';', '\\', '%', 'agents', 'heartbeat', '\x80', '%C3', '@', '*', 'http://']
  const path = fc.array(fc.constantFrom(...parts, ...more), { minLength: 1, maxLength: 8 })
  const before = await registry.victim()
  await fc.assert(
    fc.asyncProperty(path, async (pieces) => {
      for (const attempt of attempts(pieces.join(''))) await registry.exchange(attempt, 1)
      expect(await registry.victim()).toEqual(before)
    }),
    { numRuns: 100 },
  )
})

test('the victim could have been changed: with the token of an admin, it is', async () => {
  const before = await registry.victim()
  const request = rawRequest('POST', '/agents/team-b%3A1/heartbeat', { token: TOKENS.admin })
  expect(await registry.exchange(request, 1)).toEqual([200])
  expect(await registry.victim()).not.toEqual(before)
})
