import {
  AGENT_STATUSES,
  type AgentDetails,
  AgentId,
  type AgentStatus,
  detailsOf,
  HeartbeatBatch,
  HeartbeatReport,
  Registration,
  type RegistrationNames,
} from '@rollcall/protocol'
import { object } from '@rollcall/protocol/json-schema'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ALL_AGENTS, coversAgent, type Principal } from '../../access/principal.ts'
import type { AgentCard } from '../../domain/agent-card.ts'
import type { AgentRegistration } from '../../domain/agent-registration.ts'
import type { AgentRegistryRepository } from '../../domain/agent-registry-repository.ts'
import type { Caller } from '../../domain/caller.ts'
import type { Heartbeat } from '../../domain/heartbeat.ts'
import { RegistryError } from '../../domain/registry-error.ts'
import type { RegistryMetrics } from '../../telemetry/registry-metrics.ts'
import type { AgentReads } from '../access/agent-reads.ts'
import { requireAgent } from '../access/request-admission.ts'
import { callerOf } from '../access/request-caller.ts'
import { withCard } from '../cards/registration-card.ts'
import { isNotModified } from '../lists/etag.ts'
import type { OverloadGuard } from '../overload/overload-guard.ts'
import { route } from '../requests/routing.ts'
import { Validator, validationFailed } from '../requests/validation.ts'
import { addressWarnings } from './address-warnings.ts'
import { agentJson, heartbeatReceiptJson, JSON_TYPE, registeredAgentJson } from './agent-json.ts'
import type { RegisterAgent } from './agent-limit.ts'
import { changeConditionOf } from './change-condition-headers.ts'
import type { HeartbeatFastPath } from './heartbeat-fast-path.ts'

const registration = new Validator<Registration>(Registration)
const report = new Validator<HeartbeatReport>(HeartbeatReport)
const batch = new Validator<HeartbeatBatch>(HeartbeatBatch)
const params = new Validator<{ agent_id: string }>(object({ agent_id: AgentId }), '/path')

/** Adds the routes that register, renew, read and deregister agents. */
export function agentRoutes(
  app: FastifyInstance,
  repository: Omit<AgentRegistryRepository, 'get' | 'listAll' | 'historyOf'>,
  parts: {
    fastPath: HeartbeatFastPath
    reads: AgentReads
    overload: OverloadGuard
    register: RegisterAgent
    metrics: Pick<RegistryMetrics, 'countBatchedHeartbeats'>
  },
): void {
  const { fastPath, reads, overload, register, metrics } = parts
  route(app, 'registerAgent', async (request, reply) => {
    const { body, card, warnings: cardWarnings } = withCard(request.body)
    const sent = registration.parse(body)
    requireAgent(request, sent.agent_id)
    const agent = await register(toAgentRegistration(sent, card), callerOf(request), {
      seesAll: request.principal.reads === undefined,
    })
    const warnings = [...addressWarnings(agent, request.raw.socket), ...cardWarnings]
    return sendJson(reply, registeredAgentJson(agent, warnings, overload.intervalFactor))
  })

  route(app, 'heartbeat', async (request, reply) => {
    const agentId = agentIdOf(request)
    const reported = request.body === undefined ? undefined : report.parse(request.body)
    const condition = changeConditionOf(request)
    fastPath.throwFailureOf(request.raw)
    const receipt = await repository.updateHeartbeat(agentId, { ...reported, ...condition })
    if (receipt === undefined) throw agentNotFound(agentId, 'register it again')
    return sendJson(reply, heartbeatReceiptJson(receipt, overload.intervalFactor))
  })

  route(app, 'heartbeats', async (request, reply) => {
    const heartbeats = toHeartbeats(batch.parse(request.body), callerOf(request))
    const { admitted, uncovered } = split(heartbeats, request.principal)
    const { ok, unknown, superseded, owned } = await repository.updateHeartbeats(admitted)
    const forbidden = forbiddenIn(...uncovered, ...(owned ?? []))
    if (forbidden) request.refusedAgents = forbidden
    metrics.countBatchedHeartbeats(ok)
    const revision = repository.observedRevision?.() ?? (await repository.counts()).revision
    const factor = overload.intervalFactor
    const pacing = factor === 1 ? undefined : { heartbeat_interval_factor: factor }
    const body = { ok, unknown, superseded, forbidden, revision, ...pacing }
    return sendJson(reply, JSON.stringify(body))
  })

  route(app, 'cleanUp', async (request, reply) => {
    const removed = await repository.deleteExpired(callerOf(request))
    return sendJson(reply, JSON.stringify({ removed }))
  })

  reads.route(app, 'getAgent', async (request, reply, agents) => {
    const agentId = agentIdOf(request)
    const agent = await agents.get(agentId)
    if (agent === undefined) throw agentNotFound(agentId, 'check the id, or list GET /agents')
    const history = await repository.counts()
    const variant = agent.alive ? 'alive' : 'expired'
    if (isNotModified(request, reply, { history, revision: agent.revision, variant })) {
      return reply.code(304).send()
    }
    return sendJson(reply, agentJson(agent))
  })

  route(app, 'deregisterAgent', async (request, reply) => {
    const agentId = agentIdOf(request)
    const isDeleted = await repository.delete(agentId, changeConditionOf(request))
    if (!isDeleted) throw agentNotFound(agentId, 'it was already removed, or never registered')
    return sendJson(reply, JSON.stringify({ status: 'deleted', agent_id: agentId }))
  })
}

export function sendJson(reply: FastifyReply, text: string): FastifyReply {
  return reply.header('content-type', JSON_TYPE).send(text)
}

/** Returns the agent id in the path of a request. */
export function agentIdOf(request: FastifyRequest): string {
  return params.parse(request.params).agent_id
}

/** Creates the error for an unknown agent. */
export function agentNotFound(agentId: string, remedy: string): RegistryError {
  return new RegistryError('AGENT_NOT_FOUND', `Agent ${agentId} not found: ${remedy}.`)
}

/** Separates the heartbeats of agents that the caller may not change: the others must not miss theirs. */
function split(
  heartbeats: readonly Heartbeat[],
  principal: Principal,
): { admitted: readonly Heartbeat[]; uncovered: readonly string[] } {
  if (principal.patterns.includes(ALL_AGENTS)) return { admitted: heartbeats, uncovered: [] }
  const admitted = heartbeats.filter(({ agentId }) => coversAgent(principal, agentId))
  if (admitted.length === heartbeats.length) return { admitted, uncovered: [] }
  const uncovered = heartbeats.filter(({ agentId }) => !coversAgent(principal, agentId))
  return { admitted, uncovered: uncovered.map(({ agentId }) => agentId) }
}

/** Returns the ids, each once; undefined: there are none. */
function forbiddenIn(...ids: readonly string[]): readonly string[] | undefined {
  return ids.length === 0 ? undefined : [...new Set(ids)]
}

/** Every field of a registration, those that are absent included. */
type EveryField = { readonly [Field in keyof AgentRegistration]-?: AgentRegistration[Field] }

function toAgentRegistration(sent: Registration, card: AgentCard | null | undefined): EveryField {
  return {
    agentId: sent.agent_id,
    agentName: sent.agent_name,
    host: sent.host,
    port: sent.port,
    ttlSeconds: sent.ttl_seconds,
    metadata: sent.metadata,
    capabilities: sent.capabilities,
    version: sent.version,
    details: detailsOf(sent),
    tags: sent.tags,
    card,
    url: sent.url,
    status: statusOf(sent),
    load: sent.load,
    instanceId: sent.instance_id,
  } satisfies Omit<RegistrationNames, keyof AgentDetails> & { readonly details: unknown }
}

/**
 * Ignores what only the registry says, as in an agent that was read before: `suspect`, `draining` together with a
 * maintenance, and `expired` together with `is_alive: false`.
 */
function statusOf({
  status,
  maintenance = null,
  is_alive: isAlive,
}: Registration): AgentStatus | undefined {
  if (status === 'draining' && maintenance !== null) return undefined
  if (status !== 'expired' && status !== 'suspect') return status
  if (status === 'suspect' || isAlive === false) return undefined
  const message = `must be one of ${AGENT_STATUSES.join(', ')}`
  throw validationFailed([{ pointer: '/status', message }])
}

function toHeartbeats(
  { agent_ids: ids, heartbeats, instance_id: instanceId }: HeartbeatBatch,
  caller: Caller,
): Heartbeat[] {
  if (ids && heartbeats) {
    const message = 'must have either agent_ids or heartbeats, not both'
    throw validationFailed([{ pointer: '', message }])
  }
  if (heartbeats === undefined) {
    return (ids ?? []).map((agentId) => ({ agentId, instanceId, caller }))
  }
  return heartbeats.map(({ agent_id: agentId, instance_id: own = instanceId, ...report }) => ({
    agentId,
    instanceId: own,
    caller,
    ...report,
  }))
}
