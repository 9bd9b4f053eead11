import {
  Agent,
  AgentEvent,
  AgentId,
  CleanupReceipt,
  DeletedAgent,
  type ErrorCode,
  Health,
  HeartbeatBatch,
  HeartbeatBatchReceipt,
  HeartbeatReceipt,
  HeartbeatReport,
  LIMITS,
  Probe,
  RegisteredAgent,
  Registration,
  RegistryDescription,
} from '@rollcall/protocol'
import { list, object, type Schema } from '@rollcall/protocol/json-schema'
import {
  AGENT_FILTER,
  FEED_PART,
  HISTORY_PART,
  LIST_PART,
  METADATA_FILTER,
  type OpenParameter,
} from './operation-parameters.ts'
import { FEED_STREAM, LAST_EVENT_ID, NEXT_PAGE, POSITION, PREVIOUS_PAGE } from './stream-format.ts'
import { TargetGroup } from './target-group.ts'

/** One call of the HTTP interface. Routes and the OpenAPI document are both made from it. */
export interface Operation {
  /** Of HTTP. */
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** As in OpenAPI: `/agents/{agent_id}`. */
  readonly path: string
  /** The chapter of the documentation. */
  readonly tag: 'agents' | 'discovery' | 'registry'
  /** The title in the documentation. */
  readonly summary: string
  /** More than the title tells, in Markdown. */
  readonly description?: string
  /** Of the path. */
  readonly params?: Readonly<Record<string, Schema>>
  /** Parameters of the query by name; all may be absent. */
  readonly query?: Readonly<Record<string, Schema>>
  /** Further query parameters, whose names are for the client to say. */
  readonly openQuery?: OpenParameter
  /** Headers of the request that mean something here. */
  readonly requestHeaders?: Readonly<Record<string, Schema>>
  /** Headers of the good answer, beside `ETag`. */
  readonly responseHeaders?: Readonly<Record<string, Schema>>
  /** Of the request; absent: there is none. */
  readonly body?: {
    readonly schema: Schema
    readonly required: boolean
    readonly maxBytes: number
  }
  /** The good answer, always with status 200. A `string` is a media type without a schema. */
  readonly response: Schema | string
  /** The good answer when the client takes `text/event-stream`, in words. */
  readonly stream?: string
  /** The answer carries an `ETag`, and `If-None-Match` may be answered with 304. */
  readonly conditional?: boolean
  /** What can go wrong, beyond what can go wrong with every call. */
  readonly errors: readonly ErrorCode[]
}

const agentIdParam = { agent_id: AgentId }
const bodyErrors = [
  'MALFORMED_JSON',
  'PAYLOAD_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
  'UNSUPPORTED_CONTENT_ENCODING',
  'OVERLOADED',
] as const

/** The name of a call, as in the OpenAPI document. */
export type OperationId =
  | 'registerAgent'
  | 'heartbeat'
  | 'heartbeats'
  | 'cleanUp'
  | 'getAgent'
  | 'deregisterAgent'
  | 'listAgents'
  | 'listEvents'
  | 'agentEvents'
  | 'prometheusTargets'
  | 'describeRegistry'
  | 'health'
  | 'healthLive'
  | 'healthReady'
  | 'metrics'
  | 'openApiDocument'

/** Every call of the HTTP interface, in the order of the documentation. */
export const OPERATIONS: Readonly<Record<OperationId, Operation>> = {
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
    errors: [...bodyErrors, 'VALIDATION_FAILED', 'STORAGE_UNAVAILABLE', 'OUTCOME_UNKNOWN'],
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
    errors: [
      ...bodyErrors,
      'AGENT_NOT_FOUND',
      'VALIDATION_FAILED',
      'OVERLOADED',
      'STORAGE_UNAVAILABLE',
      'OUTCOME_UNKNOWN',
    ],
  },
  heartbeats: {
    method: 'POST',
    path: '/agents/heartbeats',
    tag: 'agents',
    summary: 'Renew the leases of many agents',
    description: `One call for a host that runs many agents, at most ${LIMITS.heartbeatsPerBatch}.`,
    body: { schema: HeartbeatBatch, required: true, maxBytes: LIMITS.batchBodyBytes },
    response: HeartbeatBatchReceipt,
    errors: [...bodyErrors, 'VALIDATION_FAILED', 'STORAGE_UNAVAILABLE', 'OUTCOME_UNKNOWN'],
  },
  cleanUp: {
    method: 'POST',
    path: '/agents/cleanup',
    tag: 'agents',
    summary: 'Remove the expired now',
    description:
      'What the background cleanup does every minute. An agent that comes back meanwhile stays. ' +
      'Answered once the removals are on disk.',
    response: CleanupReceipt,
    errors: ['OVERLOADED', 'STORAGE_UNAVAILABLE', 'OUTCOME_UNKNOWN'],
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
    errors: [
      'AGENT_NOT_FOUND',
      'VALIDATION_FAILED',
      'OVERLOADED',
      'STORAGE_UNAVAILABLE',
      'OUTCOME_UNKNOWN',
    ],
  },
  listAgents: {
    method: 'GET',
    path: '/agents',
    tag: 'discovery',
    summary: 'Find agents',
    description:
      'All agents that are alive, or those that meet every condition given. Answered from indexes. ' +
      'Pages keep their place while agents come and go: whoever does not change is in exactly one.',
    query: { ...AGENT_FILTER, ...LIST_PART },
    openQuery: METADATA_FILTER,
    response: list(Agent),
    responseHeaders: { ...POSITION, Link: NEXT_PAGE },
    conditional: true,
    errors: ['INVALID_CURSOR', 'VALIDATION_FAILED', 'OVERLOADED', 'STORAGE_UNAVAILABLE'],
  },
  listEvents: {
    method: 'GET',
    path: '/events',
    tag: 'discovery',
    summary: 'Follow what changes',
    description:
      'Registrations, changes of status, expiries and all other visible changes, in order, each ' +
      'with its reason. Heartbeats are none. As pages of JSON, or, for `Accept: ' +
      'text/event-stream` or `snapshot=true`, as a stream that goes on. With `loads=true` a stream ' +
      'also reports how busy agents are.',
    query: { ...AGENT_FILTER, ...FEED_PART },
    openQuery: METADATA_FILTER,
    requestHeaders: { 'Last-Event-ID': LAST_EVENT_ID },
    response: list(AgentEvent),
    responseHeaders: { ...POSITION, Link: NEXT_PAGE },
    stream: FEED_STREAM,
    errors: ['REVISION_GONE', 'VALIDATION_FAILED', 'OVERLOADED', 'STORAGE_UNAVAILABLE'],
  },
  agentEvents: {
    method: 'GET',
    path: '/agents/{agent_id}/events',
    tag: 'discovery',
    summary: 'What happened to one agent, and why',
    description:
      'Its newest changes, oldest first; also when it was removed, as long as history reaches.',
    params: agentIdParam,
    query: HISTORY_PART,
    response: list(AgentEvent),
    responseHeaders: { ...POSITION, Link: PREVIOUS_PAGE },
    errors: ['AGENT_NOT_FOUND', 'VALIDATION_FAILED', 'OVERLOADED', 'STORAGE_UNAVAILABLE'],
  },
  prometheusTargets: {
    method: 'GET',
    path: '/sd/prometheus',
    tag: 'discovery',
    summary: 'Agents as targets for Prometheus',
    description:
      'For `http_sd_configs`: one target group an agent, with what is known of it in labels ' +
      '`__meta_rollcall_…`. Takes the filters of the list.',
    query: AGENT_FILTER,
    openQuery: METADATA_FILTER,
    response: list(TargetGroup),
    responseHeaders: POSITION,
    errors: ['VALIDATION_FAILED', 'OVERLOADED', 'STORAGE_UNAVAILABLE'],
  },
  describeRegistry: {
    method: 'GET',
    path: '/',
    tag: 'registry',
    summary: 'What this is, and where to go on',
    response: RegistryDescription,
    errors: [],
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
    summary: 'Is the process up, and not to be restarted?',
    response: Probe,
    errors: ['STORAGE_UNAVAILABLE'],
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
    response: object({}),
    errors: [],
  },
}
