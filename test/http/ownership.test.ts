// Whose agent it is, and who did it, over the wire: every way in which a caller can try to change the agent of another.
import type { AgentEvent } from '@rollcall/protocol'
import { AgentRegistryServer } from '@rollcall/server'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { tokenFile } from '../../packages/server/test/access/support/token-file-on-disk.ts'
import { freshStore } from '../stores/fresh-store.ts'
import { expectProblem } from './support/problem-expectation.ts'
import { RawConnection, rawExchange } from './support/raw-connection.ts'
import { RegistryUnderTest } from './support/registry-under-test.ts'
import { agentIn } from './support/response.ts'

const TOKENS = {
  ann: 'a-token-of-ann-for-the-agents-of-everybody',
  'ann again': 'another-token-of-ann-from-another-machine',
  bo: 'a-token-of-bo-for-the-agents-of-everybody',
  root: 'a-token-for-those-who-operate-the-registry',
} as const
type Token = keyof typeof TOKENS

const resources = new AsyncDisposableStack()
let baseUrl: string
beforeAll(async () => {
  const file = resources.use(
    await tokenFile(
      `ann agent * ${TOKENS.ann}`,
      `ann agent * ${TOKENS['ann again']}`,
      `bo agent * ${TOKENS.bo}`,
      `root admin * ${TOKENS.root}`,
    ),
  )
  const store = resources.use(await freshStore())
  const server = resources.use(new AgentRegistryServer(store.url, { tokenFile: file.path }))
  baseUrl = await server.listen({ port: 0 })
}, 60_000)
afterAll(() => resources.disposeAsync())

const authorization = (token: Token) => ({ authorization: `Bearer ${TOKENS[token]}` })
const registration = (more: object = {}) => ({
  ...{ agent_id: id, agent_name: 'Researcher', host: '10.0.0.7', port: 8000 },
  ...more,
})
let id: string
let count = 0

function request(method: string, path: string, { token, json }: { token: Token; json?: unknown }) {
  const headers = { ...authorization(token) }
  return new RegistryUnderTest(baseUrl).request(method, path, { headers, json })
}

const register = (token: Token, more?: object) =>
  request('POST', '/agents/register', { token, json: registration(more) })
const read = async () => agentIn(await request('GET', `/agents/${id}`, { token: 'root' }))
const batch = (token: Token, heartbeats: readonly object[]) =>
  request('POST', '/agents/heartbeats', { token, json: { heartbeats } })

beforeEach(async () => {
  id = `agent-${++count}`
  expect(await register('ann', { instance_id: 'one' })).toMatchObject({ status: 200 })
})

/** What another principal may try. */
const ATTEMPTS = {
  'registers it': (token: Token) => register(token, { port: 6666 }),
  'registers it as it is': (token: Token) => register(token, { instance_id: 'one' }),
  'renews it': (token: Token) => request('POST', `/agents/${id}/heartbeat`, { token }),
  'reports a status for it': (token: Token) =>
    request('POST', `/agents/${id}/heartbeat`, { token, json: { status: 'draining' } }),
  'reports a load for it': (token: Token) =>
    request('POST', `/agents/${id}/heartbeat`, { token, json: { load: 1 } }),
  'deregisters it': (token: Token) => request('DELETE', `/agents/${id}`, { token }),
} as const

describe.each(Object.entries(ATTEMPTS))('a principal that %s', (_name, attempt) => {
  test('and does not own it is refused, and changes nothing', async () => {
    const before = await read()
    // Twice: the first request of a token is examined by the framework, a later one may take the fast path.
    for (let round = 0; round < 2; round++) {
      const problem = expectProblem(await attempt('bo'), 'AGENT_OWNED')
      expect(problem.detail).toContain('belongs to "ann", and you are "bo"')
    }
    expect(await read()).toEqual(before)
  })

  test.each(['ann', 'ann again', 'root'] as const)('with the token "%s" may', async (token) => {
    expect(await attempt(token)).toMatchObject({ status: 200 })
  })
})

test('a batch renews the agents of its caller, and lists the others as forbidden', async () => {
  const own = `${id}-of-bo`
  await register('bo', { agent_id: own })
  const before = await read()
  for (const report of [{}, { status: 'busy' }, { load: 0.5 }]) {
    const heartbeats = [id, own, id].map((agent_id) => ({ agent_id, ...report }))
    const { json } = await batch('bo', heartbeats)
    expect(json).toMatchObject({ ok: 1, unknown: [], forbidden: [id] })
  }
  expect(await read()).toEqual(before)
})

test('heartbeats of several principals, pipelined on one connection, are told apart', async () => {
  await using connection = await RawConnection.open(baseUrl)
  const heartbeat = (token: Token) =>
    `POST /agents/${id}/heartbeat HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TOKENS[token]}\r\n\r\n`
  const senders: Token[] = ['ann', 'bo', 'root', 'bo', 'ann again']
  for (const token of senders) await rawExchange(baseUrl, heartbeat(token))
  connection.send(senders.map(heartbeat).join(''))
  const statuses: number[] = []
  for (const _ of senders) statuses.push((await connection.answer()).status)
  expect(statuses).toEqual([200, 403, 200, 403, 200])
})

test('an agent shows its owner, and what an agent sends for it is ignored', async () => {
  expect(await read()).toMatchObject({ owner: 'ann' })
  await register('ann', { owner: 'bo' })
  expect(await read()).toMatchObject({ owner: 'ann' })
})

test('an admin changes an agent without taking it over', async () => {
  await register('root', { port: 8001 })
  expect(await read()).toMatchObject({ port: 8001, owner: 'ann' })
})

test('an id is free again once its agent is deregistered', async () => {
  await request('DELETE', `/agents/${id}`, { token: 'ann' })
  await register('bo')
  expect(await read()).toMatchObject({ owner: 'bo' })
})

test('the history says who did what', async () => {
  await register('root', { instance_id: 'one', port: 8001 })
  const json = { reason: 'disk', by: 'the night shift' }
  await request('PUT', `/agents/${id}/maintenance`, { token: 'root', json })
  await request('DELETE', `/agents/${id}/maintenance`, { token: 'root' })
  await request('POST', `/agents/${id}/heartbeat`, { token: 'ann', json: { status: 'busy' } })
  await request('DELETE', `/agents/${id}`, { token: 'ann again' })
  const history = await request('GET', `/agents/${id}/events`, { token: 'root' })
  expect((history.json as AgentEvent[]).map(({ type, actor }) => [type, actor])).toEqual([
    ['registered', 'ann'],
    ['updated', 'root'],
    ['updated', 'root'],
    ['updated', 'root'],
    ['updated', 'ann'],
    ['deregistered', 'ann'],
  ])
})
