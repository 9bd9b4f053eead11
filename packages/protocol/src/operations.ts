import Type, { type TSchema } from 'typebox'
import { Agent, AgentId, RegisteredAgent, Registration } from './agent.ts'
import type { ErrorCode } from './error-codes.ts'
import { Health, Probe } from './health.ts'
import {
  DeletedAgent,
  HeartbeatBatch,
  HeartbeatBatchReceipt,
  HeartbeatReceipt,
  HeartbeatReport,
} from './heartbeat.ts'
import { LIMITS } from './limits.ts'

/** One call of the HTTP interface. Routes and the OpenAPI document are both made from it. */
export interface Operation {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** As in OpenAPI: `/agents/{agent_id}`. */
  readonly path: string
  readonly tag: 'agents' | 'registry'
  readonly summary: string
  readonly description?: string
  readonly params?: Readonly<Record<string, TSchema>>
  readonly query?: Readonly<Record<string, TSchema>>
  readonly body?: {
    readonly schema: TSchema
    readonly required: boolean
    readonly maxBytes: number
  }
  /** The good answer, always with status 200. A `string` is a media type without a schema. */
  readonly response: TSchema | string
  /** The answer carries an `ETag`, and `If-None-Match` may be answered with 304. */
  readonly conditional?: boolean
  /** What can go wrong, beyond what can go wrong with every call. */
  readonly errors: readonly ErrorCode[]
}

const agentIdParam = { agent_id: AgentId }
const bodyErrors = ['MALFORMED_JSON', 'PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'] as const

export const OPERATIONS = {
  registerAgent: {
    method: 'POST',
    path: '/agents/register',
    tag: 'agents',
    summary: 'Register, or register again',
    description:
      'Idempotent: an agent that exists is updated, its lease renewed and its `registered_at` ' +
      'kept. Answered once the registration is on disk. Fields that the registry itself writes ' +
      '(`registered_at`, `revision`, …) may be sent back and are ignored.',
    body: { schema: Registration, required: true, maxBytes: LIMITS.bodyBytes },
    response: RegisteredAgent,
    errors: [...bodyErrors, 'VALIDATION_FAILED', 'STORAGE_UNAVAILABLE'],
  },
  heartbeat: {
    method: 'POST',
    path: '/agents/{agent_id}/heartbeat',
    tag: 'agents',
    summary: 'Renew the lease of one agent',
    description:
      'With an optional report of status and load. 404 means: register again. 503 means: try ' +
      'again, the lease is not forgotten.',
    params: agentIdParam,
    body: { schema: HeartbeatReport, required: false, maxBytes: LIMITS.bodyBytes },
    response: HeartbeatReceipt,
    errors: [...bodyErrors, 'AGENT_NOT_FOUND', 'VALIDATION_FAILED', 'STORAGE_UNAVAILABLE'],
  },
  heartbeats: {
    method: 'POST',
    path: '/agents/heartbeats',
    tag: 'agents',
    summary: 'Renew the leases of many agents',
    description: `One call for a host that runs many agents, at most ${LIMITS.heartbeatsPerBatch}.`,
    body: { schema: HeartbeatBatch, required: true, maxBytes: LIMITS.batchBodyBytes },
    response: HeartbeatBatchReceipt,
    errors: [...bodyErrors, 'VALIDATION_FAILED', 'STORAGE_UNAVAILABLE'],
  },
  listAgents: {
    method: 'GET',
    path: '/agents',
    tag: 'agents',
    summary: 'List agents, sorted by id',
    query: {
      include_dead: Type.Boolean({
        default: false,
        description: 'Also the agents whose lease has lapsed, until the cleanup removes them.',
      }),
    },
    response: Type.Array(Agent),
    conditional: true,
    errors: ['VALIDATION_FAILED', 'STORAGE_UNAVAILABLE'],
  },
  getAgent: {
    method: 'GET',
    path: '/agents/{agent_id}',
    tag: 'agents',
    summary: 'Read one agent, dead or alive',
    params: agentIdParam,
    response: Agent,
    conditional: true,
    errors: ['AGENT_NOT_FOUND', 'VALIDATION_FAILED', 'STORAGE_UNAVAILABLE'],
  },
  deregisterAgent: {
    method: 'DELETE',
    path: '/agents/{agent_id}',
    tag: 'agents',
    summary: 'Deregister',
    description: 'Answered once the removal is on disk.',
    params: agentIdParam,
    response: DeletedAgent,
    errors: ['AGENT_NOT_FOUND', 'VALIDATION_FAILED', 'STORAGE_UNAVAILABLE'],
  },
  health: {
    method: 'GET',
    path: '/health',
    tag: 'registry',
    summary: 'How many agents there are, and how many are alive',
    response: Health,
    errors: ['STORAGE_UNAVAILABLE'],
  },
  healthLive: {
    method: 'GET',
    path: '/health/live',
    tag: 'registry',
    summary: 'Is the process up?',
    response: Probe,
    errors: [],
  },
  healthReady: {
    method: 'GET',
    path: '/health/ready',
    tag: 'registry',
    summary: 'Can it take registrations?',
    response: Probe,
    errors: ['STORAGE_UNAVAILABLE', 'SHUTTING_DOWN'],
  },
  metrics: {
    method: 'GET',
    path: '/metrics',
    tag: 'registry',
    summary: 'Measurements in the Prometheus text format',
    response: 'text/plain',
    errors: [],
  },
  openApiDocument: {
    method: 'GET',
    path: '/openapi.json',
    tag: 'registry',
    summary: 'This document',
    response: Type.Object({}),
    errors: [],
  },
} as const satisfies Record<string, Operation>

/** The name of a call, as in the OpenAPI document. */
export type OperationId = keyof typeof OPERATIONS
