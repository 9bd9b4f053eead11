import { AGENT_DETAILS, type MaintenanceEntry, type Token } from '@rollcall/protocol'
import type { CloudEvent } from '../../operations/cloud-event-schema.ts'
import type { OperationId } from '../../operations/operation.ts'
import { DESCRIPTION } from '../registry/registry-description.ts'
import { CATALOG_EXAMPLES } from './catalog-examples.ts'
import {
  BUSY,
  BUSY_HEARTBEAT,
  CARD,
  EVENTS,
  EXAMPLE_AGENT_ID,
  MINIMAL,
  REGISTERED,
  REGISTRATION,
  WITHOUT_CARD,
} from './example-agent.ts'
import { WEBHOOK_EXAMPLES } from './webhook-examples.ts'

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

export const EXAMPLE_TOKEN_ID = '3f9c1a7be204'

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
  reads: ['*'],
  created_at: '2026-11-21T09:30:00.000Z',
  expires_at: '2026-12-21T09:30:00.000Z',
  created_by: 'alice',
}

const BRANCH = 'kSxYb1Qz'

/** The events of the other example, as CloudEvents. */
export const CLOUD_EVENTS_EXAMPLE: readonly CloudEvent[] = EVENTS.map((event) => ({
  specversion: '1.0',
  id: `${BRANCH}:${event.revision}`,
  source: 'https://agents.example',
  type: `dev.rollcall.agent.${event.type}`,
  subject: event.agent_id,
  time: event.at,
  datacontenttype: 'application/json',
  data: event,
}))

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

const FOUND_CAPABILITIES = {
  capabilities: [{ name: 'search', alive: 1, ready: 0 }],
  complete: true,
}

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
  setCard: {
    request: { a2a: { summary: 'An A2A 1.0 card', value: CARD } },
    response: {
      agent_id: EXAMPLE_AGENT_ID,
      has_card: true,
      format: 'a2a-1.0',
      revision: 3,
      warnings: [],
    },
  },
  getCard: { response: CARD },
  getWellKnownCard: { response: CARD },
  verifyCard: {
    response: {
      agent_id: EXAMPLE_AGENT_ID,
      result: 'unsigned',
      etag: '"SfqyXv08Ues4cAyzyfRzPrkMKnwcl8JDQQXrMLtzPb0"',
      checked_at: BUSY_HEARTBEAT.last_heartbeat,
      signatures: [],
    },
  },
  removeCard: {
    response: {
      agent_id: EXAMPLE_AGENT_ID,
      has_card: false,
      format: 'other',
      revision: 4,
      warnings: [],
    },
  },
  getAgent: { response: WITHOUT_CARD },
  listAgents: { response: [WITHOUT_CARD] },
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
          __meta_rollcall_tags: ',papers,',
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
  mcp: {
    request: {
      tool: {
        summary: 'A call of a tool, in a version of 2025',
        value: {
          jsonrpc: '2.0',
          id: 1,
          method: 'tools/call',
          params: { name: 'list_capabilities', arguments: { q: 'search' } },
        },
      },
    },
    response: {
      jsonrpc: '2.0',
      id: 1,
      result: {
        content: [{ type: 'text', text: JSON.stringify(FOUND_CAPABILITIES) }],
        structuredContent: FOUND_CAPABILITIES,
      },
    },
  },
  ...CATALOG_EXAMPLES,
  describeRegistry: { response: { ...DESCRIPTION, version: '0.1.0' } },
  health: {
    response: {
      status: 'healthy',
      registered_agents: 1,
      active_agents: 1,
      expiry_brake: null,
      overload: null,
      flapping_agents: 0,
      access: 'controlled',
      revision: 4,
      epoch: 'Vq3mZc0T',
      branch: BRANCH,
      version: '0.1.0',
      uptime_seconds: 73.2,
    },
  },
  listCapabilities: {
    response: {
      capabilities: [
        { name: 'search', alive: 1, ready: 0, busy: 1, draining: 0, suspect: 0, expired: 0 },
        { name: 'summarize', alive: 1, ready: 0, busy: 1, draining: 0, suspect: 0, expired: 0 },
      ],
      complete: true,
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
  whoami: {
    response: { kind: 'token', name: 'alice', scope: 'admin', agents: ['*'], reads: null },
  },
  endMaintenance: { response: { pattern: EXAMPLE_AGENT_ID, ended: true, remaining: null } },
  deregisterAgent: { response: { status: 'deleted', agent_id: EXAMPLE_AGENT_ID } },
  ...WEBHOOK_EXAMPLES,
}
