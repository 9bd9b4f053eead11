import {
  AGENT_DETAILS,
  type Agent,
  type AgentEvent,
  type Registration,
  type ShownDetails,
} from '@rollcall/protocol'

export const EXAMPLE_AGENT_ID = 'researcher-1'
export const EXAMPLE_INSTANCE_ID = '6f1c7c6e-3d1b-4a8e-9d0c-5b1f0a7e2c11'

export const MINIMAL: Registration = {
  agent_id: EXAMPLE_AGENT_ID,
  agent_name: 'Researcher',
  host: '10.0.0.7',
  port: 8000,
}

const DETAILS = Object.fromEntries(
  AGENT_DETAILS.map(({ wireName, example }) => [wireName, example]),
) as ShownDetails

/** A complete A2A 1.0 card. */
export const CARD = {
  name: 'Researcher',
  description: 'Finds and summarizes papers.',
  version: '1.4.0',
  supportedInterfaces: [
    { url: 'http://10.0.0.7:8000', protocolBinding: 'JSONRPC', protocolVersion: '1.0' },
  ],
  capabilities: { streaming: true },
  defaultInputModes: ['text/plain'],
  defaultOutputModes: ['text/plain'],
  skills: [{ id: 'search', name: 'Search', description: 'Finds papers.', tags: ['papers'] }],
}

export const REGISTRATION: Registration = {
  ...MINIMAL,
  ttl_seconds: 60,
  url: 'http://10.0.0.7:8000',
  version: '1.4.0',
  ...DETAILS,
  tags: ['papers'],
  capabilities: ['search', 'summarize'],
  metadata: { region: 'eu-1', model: 'large' },
  status: 'ready',
  load: 0.25,
  instance_id: EXAMPLE_INSTANCE_ID,
  card: CARD,
}

/** The agent of the examples once it has registered. */
export const REGISTERED: Agent = {
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
  tags: ['papers'],
  has_card: true,
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

export const BUSY_HEARTBEAT = {
  last_heartbeat: '2026-11-21T09:30:20.000Z',
  expires_at: '2026-11-21T09:31:20.000Z',
  revision: 2,
}

/** The same agent after the heartbeat of the examples. */
export const BUSY: Agent = {
  ...REGISTERED,
  ...BUSY_HEARTBEAT,
  updated_at: BUSY_HEARTBEAT.last_heartbeat,
  status: 'busy',
  load: 0.8,
}

/** The same agent after its card was removed. */
export const WITHOUT_CARD: Agent = withoutCard({ ...BUSY, revision: 4 })

function withoutCard({ has_card: _, ...agent }: Agent): Agent {
  return agent
}

export const EVENTS: readonly AgentEvent[] = [
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
  {
    revision: 3,
    type: 'updated',
    agent_id: EXAMPLE_AGENT_ID,
    at: BUSY.last_heartbeat,
    // The same values in other bytes.
    reason: 'card changed',
    actor: 'alice',
    listed: true,
    agent: { ...BUSY, revision: 3 },
  },
  {
    revision: 4,
    type: 'updated',
    agent_id: EXAMPLE_AGENT_ID,
    at: BUSY.last_heartbeat,
    reason: 'card removed',
    actor: 'alice',
    listed: true,
    agent: WITHOUT_CARD,
  },
]
