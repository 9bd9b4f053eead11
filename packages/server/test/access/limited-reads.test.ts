// Every operation that shows agents, called by a token that sees some of them, on every store.
import type { Agent, MaintenanceEntry } from '@rollcall/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { operationPath } from '../../../../test/http/support/operation-path.ts'
import { type AgentReadId, OPERATIONS } from '../../src/operations/operations.ts'
import {
  TENANT_STORES,
  TENANTS,
  type TenantRegistry,
  tenantRegistry,
} from './support/tenant-registry.ts'

/** Calls a path with the token of a caller, by POST if there is something to send; returns the JSON of the response. */
type Ask = (path: string, json?: object) => Promise<{ json: unknown; next: string | undefined }>

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

/** What belongs to agents of others, and is in no example of the documentation. */
const OF_OTHERS =
  /(?:team-b|misc)(?:-ci|-2|\.internal|[:.](?:web|db|gone|one|\*))|of-(?:team-b|misc)/

/** An operation that shows agents does not compile without its row. */
const ROWS: Readonly<Record<AgentReadId, Row>> = {
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

describe.each(TENANT_STORES)('%s', (store) => {
  let registry: TenantRegistry
  beforeAll(async () => {
    registry = await tenantRegistry(store)
  })
  afterAll(() => registry[Symbol.asyncDispose]())

  const asking = (token: string): Ask => {
    return async (path, sentJson) => {
      const method = sentJson === undefined ? 'GET' : 'POST'
      const response = await registry.send(method, path, { token, json: sentJson })
      const text = await response.text()
      expect(response.status, text).toBe(200)
      const isLimited = token !== TENANTS.reader
      const sent = JSON.stringify([...response.headers]) + text
      if (isLimited) expect(sent, 'names another team').not.toContain('team-b')
      const [, link] = /<(\?[^>]+)>; rel="next"/.exec(response.headers.get('link') ?? '') ?? []
      const next = link && path.split('?', 1)[0] + link
      return { json: JSON.parse(text), next }
    }
  }

  describe.each(Object.entries(ROWS))('%s', (_operationId, { read, limited, all }) => {
    test.each(['readerOfA', 'agentsOfA'] as const)(
      'shows %s the agents of its team',
      async (who) => {
        expect(await read(asking(TENANTS[who]))).toEqual(limited)
      },
    )

    test('shows all agents to a token that is not limited', async () => {
      expect(await read(asking(TENANTS.reader))).toEqual(all)
    })
  })

  test.each(Object.entries(OPERATIONS))(
    '%s tells no caller of team a about the others, whatever it says that it shows',
    async (_, { method, path }) => {
      for (const token of [TENANTS.readerOfA, TENANTS.agentsOfA]) {
        const url = operationPath(path, 'team-b:web', '0123456789ab')
        const response = await registry.send(method, url, { token })
        const sent = JSON.stringify([...response.headers]) + (await response.text())
        const known = sent.replaceAll('team-b:web', 'ID').replaceAll('team-b.web', 'ID')
        expect(known).not.toMatch(OF_OTHERS)
      }
    },
  )

  /** Everything that a response says, apart from the agent of the request and the time. */
  async function answerFor(
    agentId: string,
    options: { method: string; path: string; json?: object },
  ) {
    const { method, json } = options
    const path = options.path.replace('{agent_id}', agentId)
    const headers = { 'x-request-id': 'same' }
    const token = TENANTS.agentsOfA
    const body = json && JSON.parse(JSON.stringify(json).replace('{agent_id}', agentId))
    const response = await registry.send(method, path, { token, headers, json: body })
    const sent = [...response.headers].filter(([name]) => name !== 'date')
    return {
      status: response.status,
      sent,
      text: (await response.text()).replaceAll(agentId, 'ID'),
    }
  }

  const ABOUT_ONE_AGENT = Object.entries(OPERATIONS).filter(
    ([, { path, shows }]) => path.includes('{agent_id}') && shows === 'agents',
  )

  test.each(ABOUT_ONE_AGENT)(
    '%s finds no agent of another team, as if it did not exist',
    async (_, operation) => {
      for (const method of ['GET', 'HEAD']) {
        const unknown = await answerFor('team-b:xyz', { ...operation, method })
        expect(unknown.status).toBe(404)
        expect(await answerFor('team-b:web', { ...operation, method })).toEqual(unknown)
      }
      expect(await answerFor('team-b:gone', operation)).toEqual(
        await answerFor('team-b:none', operation),
      )
    },
  )

  const REGISTRATION = { agent_id: '{agent_id}', agent_name: 'A', host: 'h', port: 1 }
  test.each([
    { method: 'POST', path: '/agents/{agent_id}/heartbeat', status: 403 },
    { method: 'POST', path: '/agents/{agent_id}/heartbeat', json: { load: 1 }, status: 403 },
    { method: 'DELETE', path: '/agents/{agent_id}', status: 403 },
    { method: 'POST', path: '/agents/register', json: REGISTRATION, status: 403 },
    {
      method: 'POST',
      path: '/agents/heartbeats',
      json: { agent_ids: ['{agent_id}'] },
      status: 200,
    },
  ])('$method $path does not tell whether an agent of another team exists: %#', async (request) => {
    const unknown = await answerFor('team-b:xyz', request)
    expect(unknown.status).toBe(request.status)
    expect(await answerFor('team-b:web', request)).toEqual(unknown)
  })
})
