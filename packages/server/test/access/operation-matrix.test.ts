// Every operation on every way, called by every kind of caller, for an agent inside and outside of the patterns of its
// token: the cells of docs/security-matrix.md.
import type { CreatedToken } from '@rollcall/protocol'
import { OPERATIONS, type Operation, type OperationId } from '@rollcall/server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EventStreamReader } from '../../../../test/http/support/event-stream-reader.ts'
import { TOKENS } from './support/guarded-registry.ts'
import { type MatrixCallers, matrixCallers } from './support/matrix-callers.ts'
import {
  CALLERS,
  type Caller,
  NEEDED,
  OPERATION_IDS,
  outcomeOf,
  PATTERN,
  streamAfterRevocation,
  TARGETS,
  type Target,
  WAYS,
  type Way,
} from './support/security-matrix.ts'

let callers: MatrixCallers
beforeAll(async () => {
  callers = await matrixCallers()
})
afterAll(() => callers[Symbol.asyncDispose]())

/** Valid bodies, for one agent. */
const BODIES: Readonly<Partial<Record<OperationId, (agentId: string) => object>>> = {
  registerAgent: (agentId) => ({ agent_id: agentId, agent_name: 'A', host: 'h', port: 1 }),
  heartbeat: () => ({ load: 0.5 }),
  heartbeats: (agentId) => ({ agent_ids: [agentId] }),
  setMaintenance: () => ({ reason: 'upgrade' }),
  createToken: () => ({ name: 'b', scope: 'read' }),
}

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
  await registry.add(target.agentId)
  const url = path.replace('{agent_id}', target.agentId).replace('{token_id}', '0123456789ab')
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
    if (response.status === 403) expect(JSON.parse(text).code).toBe('FORBIDDEN')
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

  const outlived = CALLERS.map((caller) => [caller, streamAfterRevocation(caller)] as const)
  const opened = outlived.filter(([, end]) => end !== undefined)
  test.each(opened)('of %s, when its token is revoked, %s', async (caller, end) => {
    const registry = callers.registryOf(caller)
    const scope = caller === 'anonymous reader' ? 'read' : caller
    const json = { name: 'b', scope, ...(scope === 'agent' && { agents: [PATTERN] }) }
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
