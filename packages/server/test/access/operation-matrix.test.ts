// Every operation, called by every kind of caller, for an agent inside and outside of the patterns of its token.
import { OPERATIONS, type Operation, type OperationId } from '@rollcall/server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type GuardedRegistry, guardedRegistry, TOKENS } from './support/guarded-registry.ts'

const INSIDE = 'team-a:1'
const OUTSIDE = 'team-b:1'

/** Who may call an operation. Written out, so that a new operation does not get its scope unnoticed. */
const EXPECTED = {
  registerAgent: 'agent',
  heartbeat: 'agent',
  heartbeats: 'agent',
  deregisterAgent: 'agent',
  getAgent: 'read',
  listAgents: 'read',
  listEvents: 'read',
  agentEvents: 'read',
  prometheusTargets: 'read',
  describeRegistry: 'read',
  health: 'read',
  metrics: 'read',
  openApiDocument: 'read',
  listMaintenance: 'read',
  healthLive: 'none',
  healthReady: 'none',
  cleanUp: 'admin',
  setMaintenance: 'admin',
  endMaintenance: 'admin',
  createToken: 'admin',
  listTokens: 'admin',
  revokeToken: 'admin',
} as const satisfies Record<OperationId, Operation['scope']>

const CALLERS = ['nobody', 'an unknown token', 'read', 'agent', 'admin'] as const
type Caller = (typeof CALLERS)[number]

/** What a caller may do, by the scope that an operation needs. */
const MAY_CALL: Readonly<Record<Operation['scope'], readonly Caller[]>> = {
  none: CALLERS,
  read: ['read', 'agent', 'admin'],
  agent: ['agent', 'admin'],
  admin: ['admin'],
}

const TOKEN_OF = { ...TOKENS, nobody: undefined, 'an unknown token': `${TOKENS.admin}x` }

/** Valid bodies, for one agent. */
const BODIES: Readonly<Partial<Record<OperationId, (agentId: string) => object>>> = {
  registerAgent: (agentId) => ({ agent_id: agentId, agent_name: 'A', host: 'h', port: 1 }),
  heartbeats: (agentId) => ({ agent_ids: [agentId] }),
  setMaintenance: () => ({ reason: 'upgrade' }),
  createToken: () => ({ name: 'b', scope: 'read' }),
}

const OPERATION_IDS = Object.keys(OPERATIONS) as OperationId[]
const CELLS = OPERATION_IDS.flatMap((operationId) =>
  CALLERS.flatMap((caller) =>
    [INSIDE, OUTSIDE].map((agentId) => ({ operationId, caller, agentId })),
  ),
)

let registry: GuardedRegistry
beforeAll(async () => {
  registry = await guardedRegistry()
})
afterAll(() => registry[Symbol.asyncDispose]())

/** Calls an operation about an agent that is registered. */
async function call(operationId: OperationId, caller: Caller, agentId: string): Promise<Response> {
  const { method, path }: Operation = OPERATIONS[operationId]
  await registry.add(agentId)
  const url = path.replace('{agent_id}', agentId).replace('{token_id}', '0123456789ab')
  return await registry.send(method, url, {
    token: TOKEN_OF[caller],
    json: BODIES[operationId]?.(agentId),
  })
}

function expectedStatus(operationId: OperationId, caller: Caller, agentId: string): number {
  const needed = EXPECTED[operationId]
  const isKnown = caller !== 'nobody' && caller !== 'an unknown token'
  if (!MAY_CALL[needed].includes(caller)) return isKnown ? 403 : 401
  // The others of a batch must not miss their heartbeats: the response lists those that are forbidden.
  if (operationId === 'heartbeats') return 200
  return needed === 'agent' && caller === 'agent' && agentId === OUTSIDE ? 403 : 200
}

describe('every operation', () => {
  test('needs the scope of the table', () => {
    const scopes = OPERATION_IDS.map((operationId) => [operationId, OPERATIONS[operationId].scope])
    expect(Object.fromEntries(scopes)).toEqual(EXPECTED)
  })

  test.each(CELLS)(
    '$operationId by $caller for $agentId',
    async ({ operationId, caller, agentId }) => {
      const response = await call(operationId, caller, agentId)
      const text = await response.text()
      expect(response.status, text).toBe(expectedStatus(operationId, caller, agentId))
      expect(response.headers.has('www-authenticate')).toBe(response.status === 401)
      if (response.status === 401) expect(JSON.parse(text).code).toBe('UNAUTHENTICATED')
      if (response.status === 403) expect(JSON.parse(text).code).toBe('FORBIDDEN')
    },
  )
})

describe('a batch', () => {
  test('renews the leases inside of the patterns, and lists the others', async () => {
    await registry.add(INSIDE)
    await registry.add(OUTSIDE)
    const json = { agent_ids: [OUTSIDE, INSIDE, 'team-a:gone', OUTSIDE] }
    const response = await registry.send('POST', '/agents/heartbeats', {
      token: TOKENS.agent,
      json,
    })
    expect(await response.json()).toMatchObject({
      ok: 1,
      unknown: ['team-a:gone'],
      forbidden: [OUTSIDE],
    })
  })

  test('lists nothing if all are inside', async () => {
    await registry.add(INSIDE)
    const json = { heartbeats: [{ agent_id: INSIDE, load: 1 }] }
    const response = await registry.send('POST', '/agents/heartbeats', {
      token: TOKENS.agent,
      json,
    })
    expect(await response.json()).not.toHaveProperty('forbidden')
  })
})

describe('a plain heartbeat', () => {
  const plainHeartbeats = async () => {
    const response = await registry.send('GET', '/metrics', { token: TOKENS.read })
    return Number(/^rollcall_plain_heartbeats_total (\d+)$/m.exec(await response.text())?.[1])
  }

  test.each(CALLERS)('by %s takes the fast path only if it is admitted', async (caller) => {
    // The first request of a token is examined by the framework.
    for (const agentId of [INSIDE, OUTSIDE]) await call('heartbeat', caller, agentId)
    for (const agentId of [INSIDE, OUTSIDE]) {
      const before = await plainHeartbeats()
      const { status } = await call('heartbeat', caller, agentId)
      expect(status).toBe(expectedStatus('heartbeat', caller, agentId))
      expect((await plainHeartbeats()) - before).toBe(status === 200 ? 1 : 0)
    }
  })

  test('of another token on the same connection is examined again', async () => {
    await registry.add(OUTSIDE)
    for (const caller of ['admin', 'agent', 'admin', 'nobody', 'read', 'admin'] as const) {
      const { status } = await call('heartbeat', caller, OUTSIDE)
      expect(status).toBe(expectedStatus('heartbeat', caller, OUTSIDE))
    }
  })
})
