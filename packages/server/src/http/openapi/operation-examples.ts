import {
  AGENT_DETAILS,
  type Agent,
  type AgentEvent,
  type MaintenanceEntry,
  type Registration,
  type ShownDetails,
  type Token,
} from '@rollcall/protocol'
import type { OperationId } from '../../operations/operation.ts'
import { DESCRIPTION } from '../registry/registry-description.ts'

/** An example value with a title. */
interface NamedExample {
  readonly summary: string
  readonly value: unknown
}

/** The examples of an operation. */
interface OperationExample {
  /** Request bodies by a short name. Interactive pages offer the first one. */
  readonly request?: Readonly<Record<string, NamedExample>>
  /** The body of the response with status 200. */
  readonly response: unknown
}

export const EXAMPLE_AGENT_ID = 'researcher-1'
export const EXAMPLE_TOKEN_ID = '3f9c1a7be204'
export const EXAMPLE_INSTANCE_ID = '6f1c7c6e-3d1b-4a8e-9d0c-5b1f0a7e2c11'

const MINIMAL: Registration = {
  agent_id: EXAMPLE_AGENT_ID,
  agent_name: 'Researcher',
  host: '10.0.0.7',
  port: 8000,
}

const DETAILS = Object.fromEntries(
  AGENT_DETAILS.map(({ wireName, example }) => [wireName, example]),
) as ShownDetails

const REGISTRATION: Registration = {
  ...MINIMAL,
  ttl_seconds: 60,
  url: 'http://10.0.0.7:8000',
  version: '1.4.0',
  ...DETAILS,
  capabilities: ['search', 'summarize'],
  metadata: { region: 'eu-1', model: 'large' },
  status: 'ready',
  load: 0.25,
  instance_id: EXAMPLE_INSTANCE_ID,
}

/** The agent of the examples once it has registered. */
const REGISTERED: Agent = {
  agent_id: EXAMPLE_AGENT_ID,
  agent_name: 'Researcher',
  host: '10.0.0.7',
  port: 8000,
  url: 'http://10.0.0.7:8000',
  version: '1.4.0',
  ...DETAILS,
  ttl_seconds: 60,
  metadata: { region: 'eu-1', model: 'large' },
  capabilities: ['search', 'summarize'],
  status: 'ready',
  load: 0.25,
  instance_id: EXAMPLE_INSTANCE_ID,
  incarnation: 1,
  owner: 'alice',
  registered_at: '2026-11-21T09:30:00.000Z',
  last_heartbeat: '2026-11-21T09:30:00.000Z',
  expires_at: '2026-11-21T09:31:00.000Z',
  is_alive: true,
  revision: 1,
}

const BUSY_HEARTBEAT = {
  last_heartbeat: '2026-11-21T09:30:20.000Z',
  expires_at: '2026-11-21T09:31:20.000Z',
  revision: 2,
}

/** The same agent after the heartbeat of the examples. */
const BUSY: Agent = { ...REGISTERED, ...BUSY_HEARTBEAT, status: 'busy', load: 0.8 }

const EVENTS: readonly AgentEvent[] = [
  {
    revision: 1,
    type: 'registered',
    agent_id: EXAMPLE_AGENT_ID,
    at: REGISTERED.registered_at,
    reason: 'registered by request',
    actor: 'alice',
    listed: true,
    agent: REGISTERED,
  },
  {
    revision: 2,
    type: 'updated',
    agent_id: EXAMPLE_AGENT_ID,
    at: BUSY.last_heartbeat,
    reason: 'status ready -> busy',
    actor: 'alice',
    listed: true,
    agent: BUSY,
  },
]

const MAINTENANCE: MaintenanceEntry = {
  pattern: EXAMPLE_AGENT_ID,
  reason: 'replacing the disk',
  since: '2026-11-21T09:31:00.000Z',
  by: 'alice',
}

const TOKEN: Token = {
  id: EXAMPLE_TOKEN_ID,
  name: 'ci',
  scope: 'agent',
  agents: ['team-a:*'],
  created_at: '2026-11-21T09:30:00.000Z',
  expires_at: '2026-12-21T09:30:00.000Z',
  created_by: 'alice',
}

const BRANCH = 'kSxYb1Qz'

/** The beginning of a stream with `snapshot=true` if only the example agent exists. */
export const STREAM_EXAMPLE = [
  `id: ${BRANCH}:snapshot`,
  'event: snapshot',
  `data: ${JSON.stringify({ revision: 2, type: 'snapshot', agent_id: EXAMPLE_AGENT_ID, listed: true, agent: BUSY })}`,
  '',
  `id: ${BRANCH}:2`,
  'event: synced',
  `data: ${JSON.stringify({ type: 'synced', revision: 2, epoch: BRANCH })}`,
  '\n',
].join('\n')

/**
 * The examples of each operation. Sent in this order to an empty registry, the requests receive these
 * responses, except for times, epoch and branch.
 */
export const EXAMPLES: Readonly<Record<OperationId, OperationExample>> = {
  registerAgent: {
    request: {
      full: { summary: 'With all fields', value: REGISTRATION },
      minimal: { summary: 'Only the required fields', value: MINIMAL },
    },
    response: { ...REGISTERED, heartbeat_interval_seconds: 20 },
  },
  heartbeat: {
    request: {
      report: { summary: 'With a report of status and load', value: { status: 'busy', load: 0.8 } },
      plain: { summary: 'Without a report; the body may also be omitted', value: {} },
    },
    response: { status: 'ok', ttl_seconds: 60, heartbeat_interval_seconds: 20, ...BUSY_HEARTBEAT },
  },
  heartbeats: {
    request: {
      ids: {
        summary: 'Agents without reports',
        value: { agent_ids: [EXAMPLE_AGENT_ID, 'researcher-2'] },
      },
      reports: {
        summary: 'Agents with reports',
        value: { heartbeats: [{ agent_id: EXAMPLE_AGENT_ID, status: 'busy', load: 0.8 }] },
      },
    },
    response: { ok: 1, unknown: ['researcher-2'], revision: 2 },
  },
  cleanUp: { response: { removed: 0 } },
  getAgent: { response: BUSY },
  listAgents: { response: [BUSY] },
  listEvents: { response: EVENTS },
  agentEvents: { response: EVENTS },
  prometheusTargets: {
    response: [
      {
        targets: ['10.0.0.7:8000'],
        labels: {
          __meta_rollcall_agent_id: EXAMPLE_AGENT_ID,
          __meta_rollcall_agent_name: 'Researcher',
          __meta_rollcall_status: 'busy',
          __meta_rollcall_url: 'http://10.0.0.7:8000',
          __meta_rollcall_capabilities: ',search,summarize,',
          __meta_rollcall_version: '1.4.0',
          ...Object.fromEntries(
            AGENT_DETAILS.map(({ wireName, example }) => [`__meta_rollcall_${wireName}`, example]),
          ),
          __meta_rollcall_metadata_region: 'eu-1',
          __meta_rollcall_metadata_model: 'large',
        },
      },
    ],
  },
  describeRegistry: { response: { ...DESCRIPTION, version: '0.1.0' } },
  health: {
    response: {
      status: 'healthy',
      registered_agents: 1,
      active_agents: 1,
      expiry_brake: null,
      flapping_agents: 0,
      access: 'controlled',
      revision: 2,
      epoch: 'Vq3mZc0T',
      branch: BRANCH,
      version: '0.1.0',
      uptime_seconds: 73.2,
    },
  },
  healthLive: { response: { status: 'ok', checks: { process: 'ok' } } },
  healthReady: { response: { status: 'ok', checks: { storage: 'ok' } } },
  metrics: {
    response: [
      '# HELP rollcall_agents Agents in the registry, by the status that reads show.',
      '# TYPE rollcall_agents gauge',
      'rollcall_agents{status="busy"} 1',
      '',
    ].join('\n'),
  },
  openApiDocument: {
    response: { openapi: '3.1.0', info: { title: 'Rollcall', version: '0.1.0' }, paths: {} },
  },
  setMaintenance: {
    request: {
      reason: { summary: 'With a reason', value: { reason: 'replacing the disk', by: 'alice' } },
    },
    response: MAINTENANCE,
  },
  listMaintenance: { response: [MAINTENANCE] },
  createToken: {
    request: {
      agents: {
        summary: 'For the agents of a team',
        value: { name: 'ci', scope: 'agent', agents: ['team-a:*'], expires_in_seconds: 2_592_000 },
      },
      admin: { summary: 'For an operator', value: { name: 'alice', scope: 'admin' } },
    },
    response: {
      ...TOKEN,
      token: `rct_${TOKEN.id}_h1Q5cVx0m3Nn7yXq2rT8sUw4bZk6dJf9gLpAoEiYtR0`,
    },
  },
  listTokens: { response: [TOKEN] },
  revokeToken: { response: { id: TOKEN.id, revoked: true } },
  endMaintenance: { response: { pattern: EXAMPLE_AGENT_ID, ended: true, remaining: null } },
  deregisterAgent: { response: { status: 'deleted', agent_id: EXAMPLE_AGENT_ID } },
}
