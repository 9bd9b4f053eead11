import { Agent, AgentEvent, AgentId, CapabilityList } from '@rollcall/protocol'
import { list } from '@rollcall/protocol/json-schema'
import { CloudEvent } from './cloud-event-schema.ts'
import type { Operation } from './operation.ts'
import {
  AGENT_FILTER,
  CAPABILITY_PARAMETERS,
  FEED_PARAMETERS,
  HISTORY_PARAMETERS,
  LIST_PARAMETERS,
  METADATA_FILTER,
} from './operation-parameters.ts'
import {
  FEED_DESCRIPTION,
  FEED_STREAM,
  LAST_EVENT_ID,
  NEXT_PAGE,
  POSITION_HEADERS,
  PREVIOUS_PAGE,
} from './stream-format.ts'
import { TargetGroup } from './target-group.ts'

const agentIdParam = { agent_id: AgentId }

/** The operations by which agents are found, and followed. */
export const DISCOVERY_OPERATIONS = {
  listAgents: {
    method: 'GET',
    path: '/agents',
    tag: 'discovery',
    scope: 'read',
    shows: 'agents',
    summary: 'Find agents',
    description:
      'Lists all live agents, or those that meet every given condition. Served from indexes. Pages ' +
      'are stable while agents come and go: an agent that does not change is on exactly one page.',
    query: { ...AGENT_FILTER, ...LIST_PARAMETERS },
    openQuery: METADATA_FILTER,
    response: list(Agent),
    responseHeaders: { ...POSITION_HEADERS, Link: NEXT_PAGE },
    conditional: true,
    errors: [
      'INVALID_CURSOR',
      'REVISION_GONE',
      'VALIDATION_FAILED',
      'OVERLOADED',
      'STORAGE_UNAVAILABLE',
    ],
  },
  listEvents: {
    method: 'GET',
    path: '/events',
    tag: 'discovery',
    scope: 'read',
    shows: 'agents',
    summary: 'Follow changes',
    description: FEED_DESCRIPTION,
    query: { ...AGENT_FILTER, ...FEED_PARAMETERS },
    openQuery: METADATA_FILTER,
    requestHeaders: { 'Last-Event-ID': LAST_EVENT_ID },
    response: list(AgentEvent),
    responseHeaders: { ...POSITION_HEADERS, Link: NEXT_PAGE },
    stream: FEED_STREAM,
    cloudEvents: list(CloudEvent),
    errors: [
      'REVISION_GONE',
      'VALIDATION_FAILED',
      'QUOTA_EXCEEDED',
      'OVERLOADED',
      'STORAGE_UNAVAILABLE',
    ],
  },
  agentEvents: {
    method: 'GET',
    path: '/agents/{agent_id}/events',
    tag: 'discovery',
    scope: 'read',
    shows: 'agents',
    summary: 'Read the history of one agent',
    description:
      'Returns its newest changes, oldest first, each with its reason; also for a removed agent, as ' +
      'far back as the history reaches.',
    params: agentIdParam,
    query: HISTORY_PARAMETERS,
    response: list(AgentEvent),
    responseHeaders: { ...POSITION_HEADERS, Link: PREVIOUS_PAGE },
    errors: ['AGENT_NOT_FOUND', 'VALIDATION_FAILED', 'OVERLOADED', 'STORAGE_UNAVAILABLE'],
  },
  listCapabilities: {
    method: 'GET',
    path: '/capabilities',
    tag: 'discovery',
    scope: 'read',
    shows: 'agents',
    summary: 'List what agents can do',
    description:
      'Lists the capabilities of live agents, and how many agents have each. The counts are kept: they cost as much for ' +
      'a fleet of any size. A caller that sees only some agents gets the counts of these, which take as long as their list.',
    query: CAPABILITY_PARAMETERS,
    response: CapabilityList,
    errors: ['VALIDATION_FAILED', 'OVERLOADED', 'STORAGE_UNAVAILABLE'],
  },
  prometheusTargets: {
    method: 'GET',
    path: '/sd/prometheus',
    tag: 'discovery',
    scope: 'read',
    shows: 'agents',
    summary: 'List agents as Prometheus targets',
    description:
      'For `http_sd_configs`: one target group per agent, with its properties in labels ' +
      '`__meta_rollcall_…`. Accepts the same filters as the list.',
    query: AGENT_FILTER,
    openQuery: METADATA_FILTER,
    response: list(TargetGroup),
    responseHeaders: POSITION_HEADERS,
    errors: ['VALIDATION_FAILED', 'OVERLOADED', 'STORAGE_UNAVAILABLE'],
  },
} as const satisfies Readonly<Record<string, Operation>>
