import {
  AgentId,
  ERROR_CODES,
  type ErrorCode,
  LIMITS,
  type ProblemDetails,
  type ProblemPointer,
  problemDetails,
} from '@rollcall/protocol'
import type { OperationId } from '../../operations/operations.ts'
import { EXAMPLE_AGENT_ID } from './operation-examples.ts'

/** What a problem document says beside its code. */
interface Said {
  readonly detail: string
  readonly errors?: readonly ProblemPointer[]
  readonly oldestRevision?: number
  /** Default: the one below; a request that cannot be read has none. */
  readonly requestId?: string
}

const REQUEST_ID = 'req-7'

/**
 * Returns the problem document of an operation that fails: what the registry really says, a test
 * compares them. Where operations differ, it is about {@link EXAMPLE_AGENT_ID}.
 */
export function problemExample(operationId: OperationId, code: ErrorCode): ProblemDetails {
  const said = SAID[code](operationId)
  return problemDetails({ code, requestId: REQUEST_ID, ...said })
}

/** A mistake in a request of each operation that checks its input. */
const MISTAKES: Readonly<Partial<Record<OperationId, ProblemPointer>>> = {
  registerAgent: { pointer: '/port', message: 'must be integer, not "8000"' },
  heartbeat: { pointer: '/status', message: 'must be one of ready, busy, draining, not "asleep"' },
  heartbeats: { pointer: '/agent_ids', message: `must be array, not "${EXAMPLE_AGENT_ID}"` },
  getAgent: wrongAgentId(),
  deregisterAgent: wrongAgentId(),
  listAgents: { pointer: '/query/limit', message: 'must be >= 1, not 0' },
  listEvents: { pointer: '/query/limit', message: `must be <= ${LIMITS.pageSize}, not 5000` },
  agentEvents: { pointer: '/query/before', message: 'must be >= 1, not 0' },
  prometheusTargets: { pointer: '/query/include_dead', message: 'must be boolean, not "maybe"' },
}

/** What to do about an agent that is not there depends on what one wanted of it. */
const MISSING_AGENT: Readonly<Partial<Record<OperationId, string>>> = {
  heartbeat: 'register it again with everything it is.',
  getAgent: 'check the id, or list GET /agents.',
  deregisterAgent: 'it is gone already, or never registered.',
  agentEvents: 'it never registered, or longer ago than history reaches.',
}

const SAID: Readonly<Record<ErrorCode, (operationId: OperationId) => Said>> = {
  MALFORMED_REQUEST: () => unreadable('MALFORMED_REQUEST', 'HPE_INVALID_METHOD'),
  REQUEST_TIMEOUT: () => unreadable('REQUEST_TIMEOUT', 'ERR_HTTP_REQUEST_TIMEOUT'),
  HEADERS_TOO_LARGE: () => unreadable('HEADERS_TOO_LARGE', 'HPE_HEADER_OVERFLOW'),
  MALFORMED_JSON: () => wholeBody('The body is not valid JSON: Unexpected end of JSON input'),
  INVALID_CURSOR: () => ({
    detail: withRemedy(
      'INVALID_CURSOR',
      'The cursor was changed, or comes from a list with other filters or another order.',
    ),
    errors: [{ pointer: '/query/cursor', message: 'does not belong to this query' }],
  }),
  AGENT_NOT_FOUND: (operationId) => ({
    detail: `Agent ${EXAMPLE_AGENT_ID} not found: ${MISSING_AGENT[operationId] ?? ''}`,
  }),
  ROUTE_NOT_FOUND: () => ({ detail: withRemedy('ROUTE_NOT_FOUND', '/agent not found.') }),
  METHOD_NOT_ALLOWED: () => ({
    detail: 'PATCH is not possible on /agents; use GET or HEAD.',
  }),
  REVISION_GONE: () => ({
    detail:
      'revision 1 is no longer available: the history starts at revision 3; read the whole list again',
    oldestRevision: 3,
  }),
  PAYLOAD_TOO_LARGE: () => ({
    detail: withRemedy('PAYLOAD_TOO_LARGE', 'Request body is too large.'),
  }),
  URI_TOO_LONG: () => ({
    detail: withRemedy('URI_TOO_LONG', `'/agents/${'x'.repeat(71)}….`),
  }),
  UNSUPPORTED_MEDIA_TYPE: () => ({
    detail: withRemedy('UNSUPPORTED_MEDIA_TYPE', 'The body is of text/plain.'),
  }),
  UNSUPPORTED_CONTENT_ENCODING: () => ({
    detail: withRemedy('UNSUPPORTED_CONTENT_ENCODING', 'The body is encoded with gzip.'),
  }),
  VALIDATION_FAILED: (operationId) => {
    const { pointer, message } = MISTAKES[operationId] ?? wrongAgentId()
    return {
      detail: `The request is not valid: ${pointer} ${message}`,
      errors: [{ pointer, message }],
    }
  },
  INTERNAL_ERROR: () => ({ detail: 'Something failed that should not have. It is logged.' }),
  OVERLOADED: () => ({ detail: 'The registry has too much to do.' }),
  STORAGE_UNAVAILABLE: (operationId) => {
    if (operationId === 'healthLive') return { detail: LOST_STORE }
    const failure = 'the store failed: database or disk is full'
    return {
      detail: operationId === 'healthReady' ? `The check "storage" fails: ${failure}` : failure,
    }
  },
  OUTCOME_UNKNOWN: () => ({
    detail: 'the database does not respond: the change may have been made',
  }),
  SHUTTING_DOWN: (operationId) => ({
    detail:
      operationId === 'healthReady' ? 'The registry is shutting down.' : 'the registry is closed',
  }),
}

/** What a registry says that must be started again. */
export const LOST_STORE =
  'the store was lost: the database thread ended: it exited; agents.db cannot be opened. ' +
  'Restart the registry'

function wrongAgentId(): ProblemPointer {
  const message = `${AgentId.patternErrorMessage}, not "researcher 1"`
  return { pointer: '/path/agent_id', message }
}

function withRemedy(code: ErrorCode, detail: string): string {
  return `${detail} ${ERROR_CODES[code].remedy}`
}

function wholeBody(detail: string): Said {
  return { detail, errors: [{ pointer: '', message: detail }] }
}

/** Node could not read the request: there is no telling which one it was. */
function unreadable(code: ErrorCode, reason: string): Said {
  return {
    detail: withRemedy(code, `The request could not be read (${reason}).`),
    errors: [{ pointer: '', message: `cannot be read: ${reason}` }],
    requestId: 'none',
  }
}
