// What docs/security-matrix.md says, and test/http/security-matrix.test.ts tries.
import type { Scope } from '@rollcall/protocol'
import type { Operation, OperationId } from '@rollcall/server'

/** Who may call an operation. Written out, so that a new operation does not get its scope unnoticed. */
export const NEEDED = {
  registerAgent: 'agent',
  heartbeat: 'agent',
  heartbeats: 'agent',
  deregisterAgent: 'agent',
  setCard: 'agent',
  removeCard: 'agent',
  getAgent: 'read',
  getCard: 'read',
  getWellKnownCard: 'read',
  verifyCard: 'read',
  listAgents: 'read',
  listEvents: 'read',
  agentEvents: 'read',
  listCapabilities: 'read',
  prometheusTargets: 'read',
  mcp: 'read',
  mcpServerCard: 'read',
  ardManifest: 'read',
  aiCatalog: 'read',
  ardSearch: 'read',
  ardEntries: 'read',
  ardEntry: 'read',
  mcpServers: 'read',
  mcpServerVersions: 'read',
  mcpServerVersion: 'read',
  agentServerCard: 'read',
  describeRegistry: 'read',
  whoami: 'read',
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
  createWebhook: 'admin',
  listWebhooks: 'admin',
  getWebhook: 'admin',
  changeWebhook: 'admin',
  deleteWebhook: 'admin',
  testWebhook: 'admin',
} as const satisfies Record<OperationId, Operation['scope']>

/** The operations, in the order of the page. */
export const OPERATION_IDS = Object.keys(NEEDED) as OperationId[]

/** Reads of one agent, which a caller that does not see it gets as if it did not exist. */
const OF_ONE_AGENT = new Set<OperationId>([
  'getAgent',
  'getCard',
  'getWellKnownCard',
  'verifyCard',
  'agentEvents',
  'ardEntry',
  'mcpServerVersions',
  'mcpServerVersion',
  'agentServerCard',
])

/** What each caller may do; undefined: the registry does not know it. */
const SCOPE_OF = {
  none: undefined,
  'anonymous reader': 'read',
  'unknown token': undefined,
  'revoked token': undefined,
  'expired token': undefined,
  read: 'read',
  'limited read': 'read',
  agent: 'agent',
  admin: 'admin',
  jwt: 'agent',
  certificate: 'agent',
} as const satisfies Record<string, Scope | undefined>
/** Who calls. */
export type Caller = keyof typeof SCOPE_OF
/** Every kind of caller. */
export const CALLERS = Object.keys(SCOPE_OF) as Caller[]
/** Those whom nobody can withdraw a token from. */
type Irrevocable = 'jwt' | 'certificate'
/** Every other caller. */
export type RevocableCaller = Exclude<Caller, Irrevocable>
export const REVOCABLE_CALLERS = CALLERS.filter(
  (caller): caller is RevocableCaller => caller !== 'jwt' && caller !== 'certificate',
)

/** Whom a call is about. */
export interface Target {
  /** As in the head of a column. */
  readonly name: string
  readonly agentId: string
  /** Why a token with the scope `agent` may not change it; undefined: it may. */
  readonly refused?: 'FORBIDDEN' | 'AGENT_OWNED'
}

/** What tokens with the scope `agent` may change, and those that are limited see. */
export const PATTERN = 'team-a:*'
/** Every kind of agent that a call can be about. */
export const TARGETS: readonly Target[] = [
  { name: 'inside', agentId: 'team-a:1' },
  { name: "another's", agentId: 'team-a:owned', refused: 'AGENT_OWNED' },
  { name: 'outside', agentId: 'team-b:1', refused: 'FORBIDDEN' },
]

/** A way on which a call reaches the registry. */
export interface Way {
  /** As in its row. */
  readonly name: string
  readonly operationId: OperationId
  /** Whether the response has status 200 and names what was refused. */
  readonly isBatch?: boolean
}

/** Every operation by its route, and the ways that the admission of requests must not miss. */
export const WAYS: readonly Way[] = [
  ...OPERATION_IDS.map((operationId) => ({ name: operationId, operationId })),
  { name: 'plain heartbeat, on the fast path', operationId: 'heartbeat' },
  { name: 'one of a batch of heartbeats', operationId: 'heartbeats', isBatch: true },
  { name: 'stream of events', operationId: 'listEvents' },
]

/** What becomes of a call: its status, or what a batch says of the agent. */
export type Outcome = 200 | 401 | 403 | 404 | 'renewed' | 'forbidden'

/** Returns what becomes of a call. */
export function outcomeOf(way: Way, caller: Caller, target: Target): Outcome {
  const needed = NEEDED[way.operationId]
  if (needed === 'none') return 200
  const scope = SCOPE_OF[caller]
  if (scope === undefined) return 401
  if (!includes(scope, needed)) return caller === 'anonymous reader' ? 401 : 403
  if (caller === 'limited read') return outcomeOfRead(way, target)
  const isForbidden = needed === 'agent' && scope === 'agent' && target.refused !== undefined
  if (way.isBatch) return isForbidden ? 'forbidden' : 'renewed'
  // The others of a batch must not miss their heartbeats.
  return isForbidden && way.operationId !== 'heartbeats' ? 403 : 200
}

/** An agent that a caller does not see is not found, and lists are without it. */
function outcomeOfRead({ operationId }: Way, { refused }: Target): Outcome {
  const isOfOneAgent = OF_ONE_AGENT.has(operationId)
  if (isOfOneAgent) return refused === 'FORBIDDEN' ? 404 : 200
  // It counts all agents.
  return operationId === 'metrics' ? 403 : 200
}

/** What a token for a caller allows, as in `POST /tokens`; of an anonymous reader, the same by a token. */
export function grantFor(caller: Caller): object {
  const scope = SCOPE_OF[caller]
  if (scope === 'agent') return { scope, agents: [PATTERN] }
  return { scope, ...(caller === 'limited read' && { reads: [PATTERN] }) }
}

/** What becomes of a stream that is open when the token of its caller is revoked. */
export function streamAfterRevocation(caller: RevocableCaller): 'ends' | 'goes on' | undefined {
  if (SCOPE_OF[caller] === undefined) return undefined
  return caller === 'anonymous reader' ? 'goes on' : 'ends'
}

function includes(scope: Scope, needed: Scope): boolean {
  const scopes: readonly Scope[] = ['read', 'agent', 'admin']
  return scopes.indexOf(scope) >= scopes.indexOf(needed)
}
