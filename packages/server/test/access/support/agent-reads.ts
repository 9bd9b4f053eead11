import type { Agent, MaintenanceEntry } from '@rollcall/protocol'
import { expect } from 'vitest'
import type { AgentReadId } from '../../../src/operations/operations.ts'

/** Calls a path with the token of a caller, by POST if there is something to send; returns the JSON of the response. */
export type Ask = (
  path: string,
  json?: object,
) => Promise<{ json: unknown; next: string | undefined }>

interface Row {
  /** Reads, and returns what was shown. */
  readonly read: (ask: Ask) => Promise<unknown>
  /** What is shown to a caller that sees the agents of team a. */
  readonly limited: unknown
  /** What is shown to a caller that sees all, so that the row is known to show something. */
  readonly all: unknown
}

const OF_A = ['team-a:db', 'team-a:web']
const ALL = ['misc:one', ...OF_A, 'team-b:db', 'team-b:web']
const countOf = (name: string, alive: number) => expect.objectContaining({ name, alive })
const MAINTENANCE_OF_A = ['team-*', 'team-a:db']

const agentIds = (json: unknown): string[] => (json as Agent[]).map((it) => it.agent_id)

/** Reads a list in pages of one agent. */
async function pages(ask: Ask, path: string): Promise<string[]> {
  const found: string[] = []
  for (let next: string | undefined = path; next !== undefined; ) {
    const page = await ask(next)
    found.push(...agentIds(page.json))
    next = page.next
  }
  return found
}

/** Sends a request of MCP, and returns its result. */
async function mcp(ask: Ask, method: string, params: object): Promise<Record<string, unknown>> {
  const { json } = await ask('/mcp', { jsonrpc: '2.0', id: 1, method, params })
  return (json as { result: Record<string, unknown> }).result
}

/** Calls a tool of MCP, and returns its value. */
async function tool(ask: Ask, name: string, sent: object): Promise<Record<string, unknown>> {
  const { structuredContent } = await mcp(ask, 'tools/call', { name, arguments: sent })
  return structuredContent as Record<string, unknown>
}

/** The agents among the entries of a catalog. */
function entryIds(json: unknown, member: string): string[] {
  const entries = (json as Record<string, { identifier: string }[]>)[member] ?? []
  return entries.flatMap(({ identifier }) => identifier.split(':agent:')[1] ?? [])
}

function serverNames(json: unknown): string[] {
  return (json as { servers: { server: { name: string } }[] }).servers.map(
    ({ server }) => server.name,
  )
}

const SERVERS_OF_A = ['localhost.rollcall/team-a.db', 'localhost.rollcall/team-a.web']
const SERVERS = [
  'localhost.rollcall/misc.one',
  ...SERVERS_OF_A,
  'localhost.rollcall/team-b.db',
  'localhost.rollcall/team-b.web',
]

/** An operation that shows agents does not compile without its row. */
export const AGENT_READS: Readonly<Record<AgentReadId, Row>> = {
  listAgents: {
    read: async (ask) => [
      agentIds((await ask('/agents')).json),
      agentIds((await ask('/agents?include_dead=true&q=team')).json),
      agentIds((await ask('/agents?agent_id=team-*&agent_id=misc:*')).json),
      await pages(ask, '/agents?limit=1'),
      (await pages(ask, '/agents?sort=-registered_at&limit=1')).toSorted(),
    ],
    limited: [OF_A, OF_A, OF_A, OF_A, OF_A],
    all: [ALL, ALL.slice(1), ALL, ALL, ALL],
  },
  getAgent: {
    read: async (ask) => agentIds([(await ask('/agents/team-a:web')).json]),
    limited: ['team-a:web'],
    all: ['team-a:web'],
  },
  getCard: {
    read: async (ask) => (await ask('/agents/team-a:web/card')).json,
    limited: { name: 'card of-team-a' },
    all: { name: 'card of-team-a' },
  },
  getWellKnownCard: {
    read: async (ask) => (await ask('/agents/team-a:web/.well-known/agent-card.json')).json,
    limited: { name: 'card of-team-a' },
    all: { name: 'card of-team-a' },
  },
  verifyCard: {
    read: async (ask) => (await ask('/agents/team-a:web/card/signatures')).json,
    limited: expect.objectContaining({ agent_id: 'team-a:web', result: 'unsigned' }),
    all: expect.objectContaining({ agent_id: 'team-a:web', result: 'unsigned' }),
  },
  agentEvents: {
    read: async (ask) => new Set(agentIds((await ask('/agents/team-a:web/events')).json)),
    limited: new Set(['team-a:web']),
    all: new Set(['team-a:web']),
  },
  listEvents: {
    read: async (ask) => [
      [...new Set(agentIds((await ask('/events?limit=1000')).json))].toSorted(),
      [...new Set(await pages(ask, '/events?limit=1&include_dead=true'))].toSorted(),
    ],
    limited: [OF_A, OF_A],
    all: [
      ['misc:one', ...OF_A, 'team-b:db', 'team-b:gone', 'team-b:web'],
      ['misc:one', ...OF_A, 'team-b:db', 'team-b:gone', 'team-b:web'],
    ],
  },
  prometheusTargets: {
    read: async (ask) => {
      const { json } = await ask('/sd/prometheus')
      const groups = json as { labels: Record<string, string> }[]
      return groups.map(({ labels }) => labels.__meta_rollcall_agent_id)
    },
    limited: OF_A,
    all: ALL,
  },
  listCapabilities: {
    read: async (ask) => (await ask('/capabilities')).json,
    limited: { capabilities: [countOf('team-a', 2)], complete: true },
    all: {
      capabilities: [countOf('team-a', 2), countOf('team-b', 2), countOf('misc', 1)],
      complete: true,
    },
  },
  listMaintenance: {
    read: async (ask) =>
      ((await ask('/maintenance')).json as MaintenanceEntry[]).map(({ pattern }) => pattern),
    limited: MAINTENANCE_OF_A,
    all: ['misc:one', 'team-*', 'team-a:db', 'team-b:*', 'team-b:db'],
  },
  mcp: {
    read: async (ask) => {
      const found = await tool(ask, 'find_agents', {})
      const { capabilities } = await tool(ask, 'list_capabilities', {})
      const { changes } = await tool(ask, 'recent_changes', { limit: 100 })
      const { agent_id: id } = await tool(ask, 'get_agent', { agent_id: 'team-a:web' })
      const { contents } = await mcp(ask, 'resources/read', { uri: 'rollcall://agents' })
      return [
        agentIds(found.agents),
        (capabilities as { name: string }[]).map(({ name }) => name),
        [...new Set(agentIds(changes))].toSorted(),
        id,
        agentIds(JSON.parse((contents as [{ text: string }])[0].text).agents),
      ]
    },
    limited: [OF_A, ['team-a'], OF_A, 'team-a:web', OF_A],
    all: [
      ALL,
      ['team-a', 'team-b', 'misc'],
      ['misc:one', ...OF_A, 'team-b:db', 'team-b:gone', 'team-b:web'],
      'team-a:web',
      ALL,
    ],
  },
  ardManifest: {
    read: async (ask) => entryIds((await ask('/.well-known/ard.json')).json, 'entries'),
    limited: OF_A,
    all: ALL,
  },
  aiCatalog: {
    read: async (ask) => entryIds((await ask('/.well-known/ai-catalog.json')).json, 'entries'),
    limited: OF_A,
    all: ALL,
  },
  ardSearch: {
    read: async (ask) =>
      entryIds(
        (await ask('/ard/search', { query: { text: 'team misc' } })).json,
        'results',
      ).toSorted(),
    limited: OF_A,
    all: ALL,
  },
  ardEntries: {
    read: async (ask) => [
      entryIds((await ask('/ard/agents')).json, 'items'),
      entryIds(
        (await ask(`/ard/agents?filter=${encodeURIComponent("displayName = 'db'")}`)).json,
        'items',
      ),
    ],
    limited: [OF_A, ['team-a:db']],
    all: [ALL, ['team-a:db', 'team-b:db']],
  },
  ardEntry: {
    read: async (ask) =>
      (await ask('/ard/agents/urn:air:rollcall.localhost:agent:team-a:web')).json,
    limited: expect.objectContaining({ displayName: 'web' }),
    all: expect.objectContaining({ displayName: 'web' }),
  },
  mcpServers: {
    read: async (ask) => [
      serverNames((await ask('/v0.1/servers')).json),
      serverNames((await ask('/v0.1/servers?include_deleted=true')).json),
    ],
    limited: [SERVERS_OF_A, SERVERS_OF_A],
    all: [
      SERVERS,
      [...SERVERS.slice(0, 4), 'localhost.rollcall/team-b.gone', 'localhost.rollcall/team-b.web'],
    ],
  },
  mcpServerVersions: {
    read: async (ask) =>
      serverNames((await ask('/v0.1/servers/localhost.rollcall%2Fteam-a.web/versions')).json),
    limited: ['localhost.rollcall/team-a.web'],
    all: ['localhost.rollcall/team-a.web'],
  },
  mcpServerVersion: {
    read: async (ask) =>
      serverNames({
        servers: [
          (await ask('/v0.1/servers/localhost.rollcall%2Fteam-a.web/versions/latest')).json,
        ],
      }),
    limited: ['localhost.rollcall/team-a.web'],
    all: ['localhost.rollcall/team-a.web'],
  },
  agentServerCard: {
    read: async (ask) => (await ask('/agents/team-a:web/server-card')).json,
    limited: expect.objectContaining({ name: 'localhost.rollcall/team-a.web' }),
    all: expect.objectContaining({ name: 'localhost.rollcall/team-a.web' }),
  },
  health: {
    read: async (ask) => (await ask('/health')).json,
    limited: expect.objectContaining({ registered_agents: 2, active_agents: 2 }),
    all: expect.objectContaining({ registered_agents: 5, active_agents: 5 }),
  },
}
