import { AGENT_IDS_PATTERN, ERROR_CODES, type ErrorCode, LIMITS } from '@rollcall/protocol'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { hasCertificate } from '../../access/certificates/client-certificates.ts'
import { type AuditEntry, type AuditLog, MAX_LISTED } from '../../audit/audit-log.ts'
import { OPERATIONS } from '../../operations/operations.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Why the request failed; set by `sendProblem`. */
    problem?: ErrorCode
    /** The agents of a batch that the caller may not change. */
    refusedAgents?: readonly string[]
    /** The id of the token that was created or revoked. */
    changedToken?: string
  }
}

/** Too many to be audited: they change no registration. Refused ones are audited as everything else. */
const HEARTBEATS = new Set<string | undefined>(['heartbeat', 'heartbeats'])
/** Not authenticated; forbidden, also by ownership and by origin; the host is not allowed. */
const REFUSALS: ReadonlySet<number> = new Set([401, 403, 421])
const AGENT_IDS = new RegExp(AGENT_IDS_PATTERN)

/** Writes a line to the audit log for every request that changes something, and for every refusal. */
export function auditRequests(app: FastifyInstance, log: AuditLog): void {
  app.addHook('onRequest', (request, _reply, done) => {
    // Node remembers it then, also after the connection has closed.
    void request.ip
    done()
  })
  // Not `onResponse`, which does not run for callers that did not wait.
  app.addHook('onSend', (request, _reply, payload, done) => {
    if (isAudited(request)) log.write(entryOf(request))
    done(null, payload)
  })
}

function isAudited(request: FastifyRequest): boolean {
  if (isRefusal(request)) return true
  const { operationId } = request.routeOptions.config
  if (operationId === undefined || HEARTBEATS.has(operationId)) return false
  const { method, scope } = OPERATIONS[operationId]
  // Reads with a body, too, need only the scope of reads.
  return method !== 'GET' && scope !== 'read'
}

function isRefusal({ problem, refusedAgents = [] }: FastifyRequest): boolean {
  return refusedAgents.length > 0 || (problem !== undefined && isRefusalCode(problem))
}

/** Whether the code of an error says that the caller may not do what it asks for, or not from where it asks. */
function isRefusalCode(code: ErrorCode): boolean {
  return REFUSALS.has(ERROR_CODES[code].status)
}

function entryOf(request: FastifyRequest): AuditEntry {
  const { refusedAgents = [], changedToken, problem, id, method } = request
  const { config, url = '' } = request.routeOptions
  const refused = refusedAgents.length > 0 ? 'FORBIDDEN' : undefined
  return {
    what: config.operationId ?? `${method} ${url}`,
    agent: agentIn(request.params) ?? agentIn(request.body),
    agents: refused && refusedAgents.slice(0, MAX_LISTED),
    more: refusedAgents.length > MAX_LISTED ? refusedAgents.length - MAX_LISTED : undefined,
    token: changedToken,
    who: callerNameOf(request),
    address: request.ip,
    request_id: id,
    outcome: problem ?? refused ?? 'ok',
  }
}

/** Returns the id of an agent, or a pattern, if there is a valid one. */
function agentIn(fields: unknown): string | undefined {
  const { agent_id: id } = (fields ?? {}) as { agent_id?: unknown }
  const isValid =
    typeof id === 'string' && id.length <= LIMITS.agentIdCharacters && AGENT_IDS.test(id)
  return isValid ? id : undefined
}

function callerNameOf({ principal, headers, raw }: FastifyRequest): string | undefined {
  if (principal) return principal.name
  const hasCredential = headers.authorization !== undefined || hasCertificate(raw.socket)
  return hasCredential ? undefined : 'anonymous'
}
