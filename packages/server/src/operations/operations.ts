import {
  Agent,
  AgentId,
  CleanupReceipt,
  DeletedAgent,
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
import { object } from '@rollcall/protocol/json-schema'
import { BODY_ERRORS } from './body-errors.ts'
import { CARD_OPERATIONS } from './card-operations.ts'
import { CATALOG_OPERATIONS } from './catalog-operations.ts'
import { CHANGE_ERRORS } from './change-errors.ts'
import { DISCOVERY_OPERATIONS } from './discovery-operations.ts'
import { MCP_OPERATIONS } from './mcp-operations.ts'
import type { Operation, OperationId } from './operation.ts'
import { CHANGE_CONDITION } from './operation-parameters.ts'
import { OPERATOR_OPERATIONS } from './operator-operations.ts'
import { WEBHOOK_OPERATIONS } from './webhook-operations.ts'

const agentIdParam = { agent_id: AgentId }
const TABLE = {
  registerAgent: {
    method: 'POST',
    path: '/agents/register',
    tag: 'agents',
    scope: 'agent',
    shows: 'nothing',
    summary: 'Register an agent, or update its registration',
    description:
      'Idempotent: an existing agent is updated, its lease is renewed and its `registered_at` is ' +
      'kept. The response is sent once the registration is durable. Fields that only the registry ' +
      'writes (`registered_at`, `revision`, …) may be sent back and are ignored.',
    body: { schema: Registration, required: true, maxBytes: LIMITS.bodyBytes },
    response: RegisteredAgent,
    errors: [
      ...BODY_ERRORS,
      'AGENT_OWNED',
      'VALIDATION_FAILED',
      'QUOTA_EXCEEDED',
      'REGISTRY_FULL',
      'STORAGE_UNAVAILABLE',
      'OUTCOME_UNKNOWN',
    ],
  },
  heartbeat: {
    method: 'POST',
    path: '/agents/{agent_id}/heartbeat',
    tag: 'agents',
    scope: 'agent',
    shows: 'nothing',
    summary: 'Renew the lease of one agent',
    description:
      'May report status and load. After 404, register again; after 409, stop; after 503, retry.',
    params: agentIdParam,
    requestHeaders: CHANGE_CONDITION,
    body: { schema: HeartbeatReport, required: false, maxBytes: LIMITS.bodyBytes },
    response: HeartbeatReceipt,
    errors: [
      ...BODY_ERRORS,
      'AGENT_OWNED',
      'AGENT_NOT_FOUND',
      'SUPERSEDED',
      'PRECONDITION_FAILED',
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
    scope: 'agent',
    shows: 'nothing',
    summary: 'Renew the leases of many agents',
    description: `For a host that runs many agents; at most ${LIMITS.heartbeatsPerBatch} per request.`,
    body: { schema: HeartbeatBatch, required: true, maxBytes: LIMITS.batchBodyBytes },
    response: HeartbeatBatchReceipt,
    errors: [...BODY_ERRORS, 'VALIDATION_FAILED', 'STORAGE_UNAVAILABLE', 'OUTCOME_UNKNOWN'],
  },
  cleanUp: {
    method: 'POST',
    path: '/agents/cleanup',
    tag: 'agents',
    scope: 'admin',
    shows: 'nothing',
    summary: 'Remove expired agents now',
    description:
      'Runs the cleanup that otherwise runs in the background every minute. An agent that revives ' +
      'in the meantime is kept. The response is sent once the removals are durable.',
    response: CleanupReceipt,
    errors: ['OVERLOADED', 'STORAGE_UNAVAILABLE', 'OUTCOME_UNKNOWN'],
  },
  ...CARD_OPERATIONS,
  getAgent: {
    method: 'GET',
    path: '/agents/{agent_id}',
    tag: 'agents',
    scope: 'read',
    shows: 'agents',
    summary: 'Read one agent, dead or alive',
    params: agentIdParam,
    response: Agent,
    conditional: true,
    errors: ['AGENT_NOT_FOUND', 'VALIDATION_FAILED', 'OVERLOADED', 'STORAGE_UNAVAILABLE'],
  },
  deregisterAgent: {
    method: 'DELETE',
    path: '/agents/{agent_id}',
    tag: 'agents',
    scope: 'agent',
    shows: 'nothing',
    summary: 'Deregister an agent',
    description: 'The response is sent once the removal is durable.',
    params: agentIdParam,
    requestHeaders: CHANGE_CONDITION,
    response: DeletedAgent,
    errors: CHANGE_ERRORS,
  },
  ...DISCOVERY_OPERATIONS,
  ...MCP_OPERATIONS,
  ...CATALOG_OPERATIONS,
  describeRegistry: {
    method: 'GET',
    path: '/',
    tag: 'registry',
    scope: 'read',
    shows: 'nothing',
    summary: 'Describe the registry',
    response: RegistryDescription,
    page: 'Clients that prefer HTML, as browsers do, get the dashboard, unless it is turned off.',
    errors: [],
  },
  health: {
    method: 'GET',
    path: '/health',
    tag: 'registry',
    scope: 'read',
    shows: 'agents',
    summary: 'Read the health of the registry',
    description: 'A caller that sees only some agents gets the numbers of these.',
    response: Health,
    errors: ['OVERLOADED', 'STORAGE_UNAVAILABLE'],
  },
  healthLive: {
    method: 'GET',
    path: '/health/live',
    tag: 'registry',
    scope: 'none',
    shows: 'nothing',
    summary: 'Liveness probe',
    response: Probe,
    errors: ['STORAGE_UNAVAILABLE'],
  },
  healthReady: {
    method: 'GET',
    path: '/health/ready',
    tag: 'registry',
    scope: 'none',
    shows: 'nothing',
    summary: 'Readiness probe',
    response: Probe,
    errors: ['STORAGE_UNAVAILABLE', 'SHUTTING_DOWN'],
  },
  metrics: {
    method: 'GET',
    path: '/metrics',
    tag: 'registry',
    scope: 'read',
    shows: 'totals',
    summary: 'Read metrics in the Prometheus text format',
    response: 'text/plain',
    errors: [],
  },
  openApiDocument: {
    method: 'GET',
    path: '/openapi.json',
    tag: 'registry',
    scope: 'read',
    shows: 'nothing',
    summary: 'Read the OpenAPI document',
    response: object({}),
    errors: [],
  },
  ...OPERATOR_OPERATIONS,
  ...WEBHOOK_OPERATIONS,
} as const satisfies Readonly<Record<OperationId, Operation>>

/** Every operation of the HTTP API, in the order of the documentation. */
export const OPERATIONS: Readonly<Record<OperationId, Operation>> = TABLE

/** The operations that show agents. */
export type AgentReadId = {
  [Id in OperationId]: (typeof TABLE)[Id]['shows'] extends 'agents' ? Id : never
}[OperationId]
