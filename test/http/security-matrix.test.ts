// Every operation on every way, called by every kind of caller, for an agent that it may change, for one that belongs to
// another, and for one outside of the patterns of its token: the cells of docs/security-matrix.md.
import type { CreatedToken } from '@rollcall/protocol'
import {
  createStorageBackend,
  OPERATIONS,
  type Operation,
  type OperationId,
  webhookStoreOf,
} from '@rollcall/server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type GuardedStore,
  TOKENS,
} from '../../packages/server/test/access/support/guarded-registry.ts'
import {
  type MatrixCallers,
  matrixCallers,
} from '../../packages/server/test/access/support/matrix-callers.ts'
import {
  CALLERS,
  type Caller,
  grantFor,
  NEEDED,
  OPERATION_IDS,
  outcomeOf,
  REVOCABLE_CALLERS,
  streamAfterRevocation,
  TARGETS,
  type Target,
  WAYS,
  type Way,
} from '../../packages/server/test/access/support/security-matrix.ts'
import { freshStore } from '../stores/fresh-store.ts'
import { disabledWebhook } from '../webhooks/support/disabled-webhook.ts'
import { EventStreamReader } from './support/event-stream-reader.ts'
import { operationPath } from './support/operation-path.ts'

const stores = new AsyncDisposableStack()
let callers: MatrixCallers
beforeAll(async () => {
  callers = await matrixCallers(async () => {
    const { url } = stores.use(await freshStore())
    return (await createStorageBackend(url)) as GuardedStore
  })
})
afterAll(async () => {
  await callers[Symbol.asyncDispose]()
  await stores.disposeAsync()
})

/** Valid bodies, for one agent. */
const BODIES: Readonly<Partial<Record<OperationId, (agentId: string) => object>>> = {
  registerAgent: (agentId) => ({ agent_id: agentId, agent_name: 'A', host: 'h', port: 1 }),
  heartbeat: () => ({ load: 0.5 }),
  setCard: () => ({ name: 'A', url: 'http://10.0.0.7:8000' }),
  heartbeats: (agentId) => ({ agent_ids: [agentId] }),
  mcp: () => ({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
  ardSearch: () => ({ query: { text: 'papers' } }),
  setMaintenance: () => ({ reason: 'upgrade' }),
  createToken: () => ({ name: 'b', scope: 'read' }),
  // Disabled, so that nothing is sent.
  createWebhook: () => ({ url: 'https://hooks.example', enabled: false }),
  changeWebhook: () => ({ enabled: false }),
}

/** It is there for each call. */
const WEBHOOK = disabledWebhook('0123456789ab')

/** Calls an operation about an agent that is registered; by its route unless a body or headers of its way are given. */
async function call(
  operationId: OperationId,
  { caller, target }: { caller: Caller; target: Target },
  options: { json?: object | undefined; headers?: Record<string, string> } = {
    json: BODIES[operationId]?.(target.agentId),
  },
): Promise<Response> {
  const registry = callers.registryOf(caller)
  const { method, path }: Operation = OPERATIONS[operationId]
  if (path.includes('{webhook_id}')) await webhookStoreOf(registry.repository)?.create(WEBHOOK)
  await registry.add(target.agentId, target.refused === 'AGENT_OWNED' ? 'another' : undefined)
  const hexId = path.includes('{webhook_id}') ? WEBHOOK.id : '0123456789ab'
  const url = operationPath(path, target.agentId, hexId)
  return await registry.send(method, url, { token: callers.tokenOf(caller), ...options })
}

const cellsOf = (ways: readonly Way[]) =>
  ways.flatMap((way) =>
    CALLERS.flatMap((caller) =>
      TARGETS.map((target) => ({ way, caller, target, outcome: outcomeOf(way, caller, target) })),
    ),
  )
const wayNamed = (part: string) => WAYS.filter(({ name }) => name.includes(part))

test('every operation has a row, and needs the scope of the table', () => {
  const scopes = Object.entries(OPERATIONS).map(([id, { scope }]) => [id, scope])
  expect(Object.fromEntries(scopes)).toEqual(NEEDED)
})

describe('by its route', () => {
  const cells = cellsOf(WAYS.slice(0, OPERATION_IDS.length))
  test.each(cells)('$way.name by $caller, $target.name: $outcome', async ({ way, ...cell }) => {
    const response = await call(way.operationId, cell)
    const text = await response.text()
    expect(response.status, text).toBe(cell.outcome)
    expect(response.headers.has('www-authenticate')).toBe(response.status === 401)
    if (response.status === 401) expect(JSON.parse(text).code).toBe('UNAUTHENTICATED')
    if (response.status === 404) {
      expect(JSON.parse(text).code).toMatch(/^(?:AGENT|ENTRY)_NOT_FOUND$/)
    }
    if (response.status !== 403) return
    const isAdmittedToOthers = TARGETS.some((it) => outcomeOf(way, cell.caller, it) === 200)
    expect(JSON.parse(text).code).toBe(isAdmittedToOthers ? cell.target.refused : 'FORBIDDEN')
  })
})

describe('a plain heartbeat', () => {
  async function plainHeartbeats(caller: Caller): Promise<number> {
    const response = await callers.registryOf(caller).send('GET', '/metrics', {
      token: TOKENS.read,
    })
    return Number(/^rollcall_plain_heartbeats_total (\d+)$/m.exec(await response.text())?.[1])
  }

  test.each(cellsOf(wayNamed('fast path')))(
    'by $caller, $target.name: $outcome, on the fast path only if it is admitted',
    async ({ outcome, ...cell }) => {
      // The first request of a token is examined by the framework.
      await call('heartbeat', cell, {})
      const before = await plainHeartbeats(cell.caller)
      expect((await call('heartbeat', cell, {})).status).toBe(outcome)
      expect((await plainHeartbeats(cell.caller)) - before).toBe(outcome === 200 ? 1 : 0)
    },
  )
})

describe('one of a batch', () => {
  const [inside = TARGETS[0]] = TARGETS
  test.each(cellsOf(wayNamed('batch')))(
    'by $caller, $target.name: $outcome',
    async ({ caller, target, outcome }) => {
      const { agentId } = target
      await callers.registryOf(caller).add(inside?.agentId ?? '')
      const json = { agent_ids: [agentId, inside?.agentId, agentId, 'team-a:gone'] }
      const response = await call('heartbeats', { caller, target }, { json })
      if (typeof outcome === 'number') return expect(response.status).toBe(outcome)
      const { ok, unknown, forbidden } = (await response.json()) as Record<string, unknown>
      expect(unknown).toEqual(['team-a:gone'])
      expect(forbidden).toEqual(outcome === 'forbidden' ? [agentId] : undefined)
      expect(ok).toBe(outcome === 'forbidden' ? 1 : 3)
    },
  )
})

describe('a stream', () => {
  const headers = { accept: 'text/event-stream' }
  test.each(cellsOf(wayNamed('stream')))(
    'by $caller, $target.name: $outcome',
    async ({ outcome, ...cell }) => {
      const response = await call('listEvents', cell, { headers })
      await response.body?.cancel()
      expect(response.status).toBe(outcome)
    },
  )

  const outlived = REVOCABLE_CALLERS.map(
    (caller) => [caller, streamAfterRevocation(caller)] as const,
  )
  const opened = outlived.filter(([, end]) => end !== undefined)
  test.each(opened)('of %s, when its token is revoked, %s', async (caller, end) => {
    const registry = callers.registryOf(caller)
    const json = { name: 'b', ...grantFor(caller) }
    const created = await registry.send('POST', '/tokens', { token: TOKENS.admin, json })
    const { id, token } = (await created.json()) as CreatedToken
    const own = caller === 'anonymous reader' ? {} : { authorization: `Bearer ${token}` }
    await using stream = await EventStreamReader.open(registry.url, '', own)
    await stream.untilSynced()
    await registry.send('DELETE', `/tokens/${id}`, { token: TOKENS.admin })
    if (end === 'ends') {
      await stream.until({ type: 'closing' })
      return stream.whenEnded()
    }
    await registry.add('team-a:new')
    await stream.until({ agentId: 'team-a:new' })
  })
})
