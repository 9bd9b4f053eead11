// Which requests leave a line in the audit log, and what it says.
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { RawConnection } from '../../../../test/http/support/raw-connection.ts'
import { guardedRegistry, type SentRequest, TOKENS } from '../access/support/guarded-registry.ts'
import { AuditedRegistry } from './support/audited-registry.ts'

const UNKNOWN = 'a-token-that-nobody-has-ever-created'
const ID = 'team-a:1'
const registration = (agentId = ID) => ({ agent_id: agentId, agent_name: 'A', host: 'h', port: 1 })

let registry: AuditedRegistry
beforeEach(async () => {
  registry = await AuditedRegistry.start()
})
afterEach(() => registry[Symbol.asyncDispose]())

const send = (method: string, url: string, request?: SentRequest) =>
  registry.send(method, url, request)
const lines = () => registry.lines()
const register = (token: string, agentId?: string) =>
  send('POST', '/agents/register', { token, json: registration(agentId) })

describe('a line is left by', () => {
  test('a change, with who made it, from where and about which agent', async () => {
    await register(TOKENS.agent)
    const requestId = registry.lastRequestId
    expect(await lines()).toEqual([
      {
        time: expect.stringMatching(/Z$/),
        what: 'registerAgent',
        agent: ID,
        who: 'ci',
        address: '127.0.0.1',
        request_id: requestId,
        outcome: 'ok',
      },
    ])
  })

  test('every operation that changes something', async () => {
    await register(TOKENS.agent)
    const token = TOKENS.admin
    await send('PUT', '/agents/team-a:*/maintenance', { token, json: { reason: 'disk' } })
    await send('DELETE', '/agents/team-a:*/maintenance', { token })
    await send('DELETE', `/agents/${ID}`, { token })
    await send('POST', '/agents/cleanup', { token })
    const created = await send('POST', '/tokens', { token, json: { name: 'b', scope: 'read' } })
    const { id } = (await created.json()) as { id: string }
    await send('DELETE', `/tokens/${id}`, { token })
    const written = await lines()
    const rows = written.map(({ what, agent, who, outcome }) => [what, agent, who, outcome])
    expect(written.map((line) => line.token).slice(-2)).toEqual([id, id])
    expect(rows).toEqual([
      ['registerAgent', ID, 'ci', 'ok'],
      ['setMaintenance', 'team-a:*', 'ops', 'ok'],
      ['endMaintenance', 'team-a:*', 'ops', 'ok'],
      ['deregisterAgent', ID, 'ops', 'ok'],
      ['cleanUp', undefined, 'ops', 'ok'],
      ['createToken', undefined, 'ops', 'ok'],
      ['revokeToken', undefined, 'ops', 'ok'],
    ])
  })

  test('every refusal, also of a read', async () => {
    await registry.guarded.repository.add(
      { agentId: 'team-a:owned', agentName: 'A', host: 'h', port: 1 },
      { kind: 'token', name: 'another', scope: 'agent' },
    )
    await send('GET', '/agents')
    await send('GET', '/docs')
    await send('GET', '/agents', { token: UNKNOWN })
    await send('DELETE', `/agents/${ID}`, { token: TOKENS.read })
    await register(TOKENS.agent, 'team-b:1')
    await register(TOKENS.agent, 'team-a:owned')
    const rows = (await lines()).map(({ what, agent, who, outcome }) => [what, agent, who, outcome])
    expect(rows).toEqual([
      ['listAgents', undefined, 'anonymous', 'UNAUTHENTICATED'],
      [expect.stringMatching(/^GET \/docs/), undefined, 'anonymous', 'UNAUTHENTICATED'],
      ['listAgents', undefined, undefined, 'UNAUTHENTICATED'],
      ['deregisterAgent', ID, 'dashboard', 'FORBIDDEN'],
      ['registerAgent', 'team-b:1', 'ci', 'FORBIDDEN'],
      ['registerAgent', 'team-a:owned', 'ci', 'AGENT_OWNED'],
    ])
  })

  test('a change that failed for another reason', async () => {
    await send('DELETE', '/agents/team-a:absent', { token: TOKENS.agent })
    await send('POST', '/agents/register', { token: TOKENS.agent, json: {} })
    await send('DELETE', '/agents/a%20b', { token: TOKENS.admin })
    const rows = (await lines()).map(({ agent, outcome }) => [agent, outcome])
    expect(rows).toEqual([
      ['team-a:absent', 'AGENT_NOT_FOUND'],
      [undefined, 'VALIDATION_FAILED'],
      [undefined, 'VALIDATION_FAILED'],
    ])
  })

  test('a refused heartbeat, whichever way it takes, but by no other', async () => {
    for (const id of [ID, 'team-b:1']) await registry.guarded.add(id)
    const beat = (id: string) => send('POST', `/agents/${id}/heartbeat`, { token: TOKENS.agent })
    for (let round = 0; round < 2; round++) {
      expect(await beat(ID)).toMatchObject({ status: 200 })
      expect(await beat('team-b:1')).toMatchObject({ status: 403 })
    }
    const agent_ids = [ID, ...Array.from({ length: 12 }, (_, at) => `team-b:${at}`)]
    await send('POST', '/agents/heartbeats', { token: TOKENS.agent, json: { agent_ids: [ID] } })
    await send('POST', '/agents/heartbeats', { token: TOKENS.agent, json: { agent_ids } })
    const [first, second, batch, ...others] = await lines()
    for (const line of [first, second]) {
      expect(line).toMatchObject({ what: 'heartbeat', agent: 'team-b:1', outcome: 'FORBIDDEN' })
    }
    expect(batch).toMatchObject({
      what: 'heartbeats',
      agents: agent_ids.slice(1, 11),
      more: 2,
      outcome: 'FORBIDDEN',
    })
    expect(others).toEqual([])
  })

  test('a request that a page of another origin has caused, or of a host with another name', async () => {
    const headers = { origin: 'https://page.example' }
    await send('POST', '/agents/register', { headers, json: registration() })
    await using connection = await RawConnection.open(registry.guarded.url)
    connection.send('GET /agents HTTP/1.1\r\nHost: page.example\r\n\r\n')
    expect(await connection.answer()).toMatchObject({ status: 421 })
    const rows = (await lines()).map(({ what, outcome }) => [what, outcome])
    expect(rows).toEqual([
      ['registerAgent', 'CROSS_ORIGIN'],
      ['listAgents', 'HOST_NOT_ALLOWED'],
    ])
  })
})

test('reads leave no line', async () => {
  await send('GET', '/agents', { token: TOKENS.read })
  await send('GET', '/agents/absent', { token: TOKENS.read })
  const json = { jsonrpc: '2.0', id: 1, method: 'tools/list' }
  await send('POST', '/mcp', { token: TOKENS.read, json })
  expect(await lines()).toEqual([])
})

test('no line has a token, wherever a caller puts it', async () => {
  const token = TOKENS.admin
  await register(token)
  await send('GET', `/agents?token=${token}`, { token: UNKNOWN })
  await send('DELETE', `/tokens/${token}`, { token })
  await send('POST', '/tokens', { token, json: { name: 'b', scope: 'admin' } })
  const basic = Buffer.from(`${token}:${UNKNOWN}`).toString('base64')
  await send('GET', '/agents', { headers: { authorization: `Basic ${basic}` } })
  const text = await registry.text()
  for (const secret of [token, UNKNOWN, basic, 'rct_']) expect(text).not.toContain(secret)
})

test('lines that are dropped are a metric', async () => {
  const response = await send('GET', '/metrics', { token: TOKENS.read })
  expect(await response.text()).toContain('rollcall_audit_dropped_lines_total 0')
})

test('- means the log, whatever its level', async () => {
  const logged: string[] = []
  const logger = pino({ level: 'error' }, { write: (line: string) => void logged.push(line) })
  await using guarded = await guardedRegistry({ auditLog: '-', logger })
  await guarded.send('POST', '/agents/register', { token: TOKENS.agent, json: registration() })
  await expect.poll(() => logged.length).toBe(1)
  expect(JSON.parse(logged[0] ?? '')).toMatchObject({
    msg: 'audit',
    audit: { what: 'registerAgent', agent: ID, who: 'ci', outcome: 'ok' },
  })
})
