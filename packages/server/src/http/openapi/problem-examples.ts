import {
  AgentId,
  AgentIdPattern,
  DETAIL_SCHEMAS,
  ERROR_CODES,
  type ErrorCode,
  LIMITS,
  type ProblemDetails,
  type ProblemPointer,
  problemDetails,
  TokenId,
  TokenName,
} from '@rollcall/protocol'
import { KEYS_UNAVAILABLE } from '../../access/jwt/remote-keys.ts'
import type { OperationId } from '../../operations/operation.ts'
import { OPERATIONS } from '../../operations/operations.ts'
import { WebhookId } from '../../operations/webhook-schemas.ts'
import { FOREIGN_CURSOR } from '../lists/cursor.ts'
import { ProblemDialect } from '../responses/problem-dialect.ts'
import { EXAMPLE_AGENT_ID, EXAMPLE_INSTANCE_ID } from './example-agent.ts'
import { EXAMPLE_WEBHOOK_ID } from './webhook-examples.ts'

/** The content of a problem document, in addition to its code. */
interface ProblemContent {
  readonly detail: string
  readonly errors?: readonly ProblemPointer[]
  readonly oldestRevision?: number
  readonly incarnation?: number
  /** Default: the one below; a malformed request has none. */
  readonly requestId?: string
}

const REQUEST_ID = 'req-7'
const DIALECT = new ProblemDialect()

/**
 * Returns the problem document of a failing operation. A test compares it with the actual response of
 * the registry. Operations on one agent use {@link EXAMPLE_AGENT_ID}.
 */
export function problemExample(operationId: OperationId, code: ErrorCode): ProblemDetails {
  const content = PROBLEMS[code](operationId)
  const problem = problemDetails({ code, requestId: REQUEST_ID, ...content })
  // Nobody knows what an unreadable request was for.
  if (content.requestId !== undefined) return problem
  return { ...problem, ...DIALECT.membersFor(OPERATIONS[operationId].path, problem) }
}

const NO_CURSOR: ProblemPointer = {
  pointer: '/query/cursor',
  message: 'must NOT have fewer than 1 characters, not ""',
}
const NOT_BOOLEAN: ProblemPointer = {
  pointer: '/query/include_deleted',
  message: 'must be boolean, not "maybe"',
}

/** An invalid value for each operation that validates its input. */
const INVALID_VALUES: Readonly<Partial<Record<OperationId, ProblemPointer>>> = {
  registerAgent: { pointer: '/port', message: 'must be integer, not "8000"' },
  heartbeat: { pointer: '/status', message: 'must be one of ready, busy, draining, not "asleep"' },
  heartbeats: { pointer: '/agent_ids', message: `must be array, not "${EXAMPLE_AGENT_ID}"` },
  setMaintenance: {
    pointer: '/reason',
    message: 'must NOT have fewer than 1 characters, not ""',
  },
  createToken: {
    pointer: '/name',
    message: `${TokenName.patternErrorMessage}, not "the CI"`,
  },
  revokeToken: {
    pointer: '/path/token_id',
    message: `${TokenId.patternErrorMessage}, not "researcher 1"`,
  },
  endMaintenance: {
    pointer: '/path/agent_id',
    message: `${AgentIdPattern.patternErrorMessage}, not "researcher 1"`,
  },
  mcp: { pointer: '/method', message: 'must be string, not 5' },
  createWebhook: { pointer: '/url', message: 'must be an http:// or https:// URL' },
  changeWebhook: { pointer: '/enabled', message: 'must be boolean, not "no"' },
  getWebhook: wrongWebhookId(),
  deleteWebhook: wrongWebhookId(),
  testWebhook: wrongWebhookId(),
  ardManifest: NO_CURSOR,
  aiCatalog: NO_CURSOR,
  mcpServers: { pointer: '/query/limit', message: 'must be >= 1, not 0' },
  mcpServerVersions: NOT_BOOLEAN,
  mcpServerVersion: NOT_BOOLEAN,
  agentServerCard: wrongAgentId(),
  getAgent: wrongAgentId(),
  setCard: { pointer: '/name', message: 'must be string, not 5' },
  deregisterAgent: wrongAgentId(),
  listAgents: { pointer: '/query/limit', message: 'must be >= 1, not 0' },
  listCapabilities: { pointer: '/query/limit', message: 'must be >= 1, not 0' },
  listEvents: { pointer: '/query/limit', message: `must be <= ${LIMITS.pageSize}, not 5000` },
  agentEvents: { pointer: '/query/before', message: 'must be >= 1, not 0' },
  prometheusTargets: { pointer: '/query/include_dead', message: 'must be boolean, not "maybe"' },
}

/** An invalid argument for each operation of ARD. */
const INVALID_ARGUMENTS: Readonly<Partial<Record<OperationId, ProblemPointer>>> = {
  ardSearch: { pointer: '/query/text', message: 'must NOT have fewer than 1 characters, not ""' },
  ardEntries: { pointer: '/query/pageSize', message: 'must be >= 1, not 0' },
  ardEntry: {
    pointer: '/path/identifier',
    message: `${DETAIL_SCHEMAS.identifier.schema.patternErrorMessage}, not "researcher 1"`,
  },
}

/** Operations whose cursor belongs to a history. */
const OF_LISTS = new Set<OperationId>(['listAgents', 'ardManifest', 'aiCatalog', 'ardEntries'])

/** The remedy for an unknown agent depends on the operation. */
const MISSING_AGENT: Readonly<Partial<Record<OperationId, string>>> = {
  heartbeat: 'register it again.',
  getAgent: 'check the id, or list GET /agents.',
  getCard: 'check the id, or list GET /agents.',
  getWellKnownCard: 'check the id, or list GET /agents.',
  verifyCard: 'check the id, or list GET /agents.',
  agentServerCard: 'check the id, or list GET /agents.',
  setCard: 'register it first.',
  removeCard: 'it was removed, or never registered.',
  deregisterAgent: 'it was already removed, or never registered.',
  agentEvents: 'it never registered, or its history is no longer kept.',
}

const MISSING_ENTRY: Readonly<Partial<Record<OperationId, string>>> = {
  ardEntry: 'No entry has the identifier urn:air:example.com:agent:researcher-1.',
  mcpServerVersions: 'There is no MCP server localhost.rollcall/researcher-1.',
  mcpServerVersion: 'There is no MCP server localhost.rollcall/researcher-1 latest.',
  agentServerCard: 'There is no MCP server researcher-1.',
}

const PROBLEMS: Readonly<Record<ErrorCode, (operationId: OperationId) => ProblemContent>> = {
  MALFORMED_REQUEST: () => unreadable('MALFORMED_REQUEST', 'HPE_INVALID_METHOD'),
  REQUEST_TIMEOUT: () => unreadable('REQUEST_TIMEOUT', 'ERR_HTTP_REQUEST_TIMEOUT'),
  HEADERS_TOO_LARGE: () => unreadable('HEADERS_TOO_LARGE', 'HPE_HEADER_OVERFLOW'),
  MALFORMED_JSON: () => wholeBody('The body is not valid JSON: Unexpected end of JSON input'),
  INVALID_CURSOR: () => ({
    detail: withRemedy(
      'INVALID_CURSOR',
      'The cursor was modified, or belongs to a list with different filters or another order.',
    ),
    errors: [{ pointer: '/query/cursor', message: 'does not belong to this query' }],
  }),
  INVALID_ARGUMENT: (operationId) => invalid(INVALID_ARGUMENTS[operationId] ?? wrongAgentId()),
  UNAUTHENTICATED: (operationId) => ({
    detail: withRemedy(
      'UNAUTHENTICATED',
      `The request has no token; it needs one with the scope ${OPERATIONS[operationId].scope}.`,
    ),
  }),
  FORBIDDEN: (operationId) => {
    const { scope } = OPERATIONS[operationId]
    const isKnown = '"stranger (jwt)" is known, but no rule of the registry says what it may do'
    const has = scope === 'read' ? isKnown : 'that of "dashboard" is read'
    return { detail: `The request needs the scope ${scope}; ${has}.` }
  },
  AGENT_OWNED: () => ({
    detail: `Agent ${EXAMPLE_AGENT_ID} belongs to "team-a", and you are "team-b": only its owner and admins may change it.`,
  }),
  CROSS_ORIGIN: () => ({
    detail:
      'A browser sent this request for a page at https://page.example. ' +
      'Add its origin to --cors-origin if the page may use the registry.',
  }),
  AGENT_NOT_FOUND: (operationId) => ({
    detail: `Agent ${EXAMPLE_AGENT_ID} not found: ${MISSING_AGENT[operationId] ?? ''}`,
  }),
  CARD_NOT_FOUND: () => ({
    detail: withRemedy('CARD_NOT_FOUND', `Agent ${EXAMPLE_AGENT_ID} has no card.`),
  }),
  ENTRY_NOT_FOUND: (operationId) => ({ detail: MISSING_ENTRY[operationId] ?? '' }),
  SUPERSEDED: () => ({
    detail: `Another instance has registered agent ${EXAMPLE_AGENT_ID}: the current one is ${EXAMPLE_INSTANCE_ID}, this is b. Stop sending heartbeats.`,
    incarnation: 1,
  }),
  PRECONDITION_FAILED: () => ({ detail: `Agent ${EXAMPLE_AGENT_ID} is at revision 1, not 42.` }),
  WEBHOOK_NOT_FOUND: () => ({
    detail: withRemedy('WEBHOOK_NOT_FOUND', `There is no webhook ${EXAMPLE_WEBHOOK_ID}.`),
  }),
  ROUTE_NOT_FOUND: () => ({ detail: withRemedy('ROUTE_NOT_FOUND', '/agent not found.') }),
  METHOD_NOT_ALLOWED: () => ({
    detail: 'PATCH is not allowed on /agents; use GET or HEAD.',
  }),
  REVISION_GONE: (operationId) => {
    if (OF_LISTS.has(operationId)) return { detail: FOREIGN_CURSOR }
    const why = 'revision 1 is no longer available: the history starts at revision 3'
    return { detail: `${why}; read the whole list again`, oldestRevision: 3 }
  },
  PAYLOAD_TOO_LARGE: () => ({
    detail: withRemedy('PAYLOAD_TOO_LARGE', 'The request body is too large.'),
  }),
  URI_TOO_LONG: (operationId) => {
    const [beginning] = OPERATIONS[operationId].path.split('{')
    return { detail: withRemedy('URI_TOO_LONG', `${`'${beginning}`.padEnd(80, 'x')}….`) }
  },
  UNSUPPORTED_MEDIA_TYPE: () => ({
    detail: withRemedy('UNSUPPORTED_MEDIA_TYPE', 'The body has type text/plain.'),
  }),
  UNSUPPORTED_CONTENT_ENCODING: () => ({
    detail: withRemedy('UNSUPPORTED_CONTENT_ENCODING', 'The body has encoding gzip.'),
  }),
  HOST_NOT_ALLOWED: () => ({
    detail:
      'The registry does not know itself as page.example. ' +
      'Use its address, or add the name to --allowed-hosts.',
  }),
  VALIDATION_FAILED: (operationId) => {
    return invalid(INVALID_VALUES[operationId] ?? wrongAgentId())
  },
  INTERNAL_ERROR: () => ({ detail: 'An unexpected error occurred and was logged.' }),
  TOKENS_UNSUPPORTED: () => ({ detail: ERROR_CODES.TOKENS_UNSUPPORTED.remedy }),
  WEBHOOKS_UNSUPPORTED: () => ({ detail: ERROR_CODES.WEBHOOKS_UNSUPPORTED.remedy }),
  RATE_LIMITED: (operationId) => {
    const limit = operationId.startsWith('heartbeat') ? 'heartbeat-rate-limit' : 'rate-limit'
    return {
      detail: `127.0.0.1 sends more than the registry allows one caller (--${limit}).`,
    }
  },
  QUOTA_EXCEEDED: (operationId) => ({ detail: QUOTAS[operationId] ?? QUOTA_OF_STREAMS }),
  REGISTRY_FULL: () => ({
    detail:
      'The registry has 1 agents, expired ones included, and it may have 1 (--max-agents). ' +
      'This agent is not among them, so it was not registered.',
  }),
  OVERLOADED: () => ({ detail: 'The registry is overloaded.' }),
  STORAGE_UNAVAILABLE: (operationId) => {
    if (operationId === 'healthLive') return { detail: LOST_STORE }
    const failure = 'the store failed: database or disk is full'
    return {
      detail: operationId === 'healthReady' ? `The check "storage" failed: ${failure}` : failure,
    }
  },
  IDENTITY_UNAVAILABLE: () => ({ detail: KEYS_UNAVAILABLE }),
  OUTCOME_UNKNOWN: () => ({
    detail: 'the database does not respond: the change may have been made',
  }),
  SHUTTING_DOWN: (operationId) => ({
    detail:
      operationId === 'healthReady' ? 'The registry is shutting down.' : 'the registry is closed',
  }),
}

const QUOTA_OF_STREAMS = 'The caller has 1 streams open (see --max-streams-per-caller).'
/** What a caller has too many of, if it is not streams. */
const QUOTAS: Readonly<Partial<Record<OperationId, string>>> = {
  registerAgent:
    'The principal ci owns 1 agents, expired ones included, and it may own 1 (--max-agents-per-caller). ' +
    'This agent is not among them, so it was not registered.',
  createWebhook: 'The registry has 1 webhooks, and it may have 1 (--max-webhooks).',
}

/** The error of a registry that must be restarted. */
export const LOST_STORE =
  'the store was lost: the database thread ended: it exited; agents.db cannot be opened. ' +
  'Restart the registry'

function wrongAgentId(): ProblemPointer {
  const message = `${AgentId.patternErrorMessage}, not "researcher 1"`
  return { pointer: '/path/agent_id', message }
}

function wrongWebhookId(): ProblemPointer {
  const message = `${WebhookId.patternErrorMessage}, not "researcher 1"`
  return { pointer: '/path/webhook_id', message }
}

function invalid({ pointer, message }: ProblemPointer): ProblemContent {
  return {
    detail: `The request is not valid: ${pointer} ${message}`,
    errors: [{ pointer, message }],
  }
}

function withRemedy(code: ErrorCode, detail: string): string {
  return `${detail} ${ERROR_CODES[code].remedy}`
}

function wholeBody(detail: string): ProblemContent {
  return { detail, errors: [{ pointer: '', message: detail }] }
}

/** The problem of a request that Node could not parse; its operation is unknown. */
function unreadable(code: ErrorCode, reason: string): ProblemContent {
  return {
    detail: withRemedy(code, `The request could not be read (${reason}).`),
    errors: [{ pointer: '', message: `cannot be read: ${reason}` }],
    requestId: 'none',
  }
}
