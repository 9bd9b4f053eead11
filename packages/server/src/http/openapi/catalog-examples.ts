import { LIVE_NAMESPACE } from '../catalogs/ard/catalog-entry.ts'
import { BUSY, EXAMPLE_AGENT_ID, WITHOUT_CARD } from './example-agent.ts'

const BASE = 'http://localhost:9000'
const PUBLISHER = 'rollcall.localhost'
const NAMESPACE = 'localhost.rollcall'
const SERVER_CARD = 'https://static.modelcontextprotocol.io/schemas/v1/server-card.schema.json'
const SERVER_JSON = 'https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json'
const URL_OF_AGENT = `http://10.0.0.7:8000`

/** The example agent, after its card was removed. */
const ENTRY = {
  '@context': { live: LIVE_NAMESPACE },
  identifier: WITHOUT_CARD.identifier,
  displayName: WITHOUT_CARD.agent_name,
  type: 'application/a2a-agent-card+json',
  url: WITHOUT_CARD.card_url,
  description: WITHOUT_CARD.description,
  tags: WITHOUT_CARD.tags,
  capabilities: WITHOUT_CARD.capabilities,
  version: WITHOUT_CARD.version,
  updatedAt: BUSY.last_heartbeat,
  'live:status': 'busy',
  'live:isAlive': true,
  'live:ttlSeconds': 60,
}

const MANIFEST = {
  specVersion: '1.0',
  host: { displayName: 'Rollcall', identifier: PUBLISHER },
  entries: [
    {
      identifier: `urn:air:${PUBLISHER}:registry:rollcall`,
      displayName: 'Rollcall',
      type: 'application/ai-registry+json',
      url: `${BASE}/ard`,
      description: 'A live registry of agents: only those whose lease is running are found.',
      tags: ['registry', 'agents'],
    },
    {
      identifier: `urn:air:${PUBLISHER}:server:rollcall`,
      displayName: 'Rollcall MCP server',
      type: 'application/mcp-server-card+json',
      url: `${BASE}/mcp/server-card`,
      description: 'Finds live agents from within a language model.',
      tags: ['registry', 'agents', 'mcp'],
    },
    ENTRY,
  ],
}

const IDENTITY = {
  name: `${NAMESPACE}/${EXAMPLE_AGENT_ID}`,
  title: 'Researcher',
  description: 'Researcher',
  version: '0.0.0',
}
const REMOTES = [{ type: 'streamable-http', url: URL_OF_AGENT }]

/** The example agent, had it registered as an MCP server with only the required fields. */
const SERVER = {
  server: { $schema: SERVER_JSON, ...IDENTITY, remotes: REMOTES },
  _meta: {
    'io.modelcontextprotocol.registry/official': {
      status: 'active',
      statusChangedAt: BUSY.registered_at,
      publishedAt: BUSY.registered_at,
      updatedAt: BUSY.registered_at,
      isLatest: true,
    },
    'dev.rollcall/live': {
      replicas: [
        {
          agent_id: EXAMPLE_AGENT_ID,
          url: URL_OF_AGENT,
          status: 'ready',
          is_alive: true,
          expires_at: BUSY.expires_at,
          load: null,
        },
      ],
    },
  },
}

/** The examples of the operations by which agents are found in the catalogs of others. */
export const CATALOG_EXAMPLES = {
  mcpServerCard: {
    response: {
      $schema: SERVER_CARD,
      name: `${NAMESPACE}/rollcall`,
      title: 'Rollcall',
      description: 'Finds AI agents that are alive now, by what they can do.',
      version: '0.1.0',
      remotes: [
        {
          type: 'streamable-http',
          url: `${BASE}/mcp`,
          supportedProtocolVersions: ['2026-07-28', '2025-11-25', '2025-06-18'],
        },
      ],
    },
  },
  ardManifest: { response: MANIFEST },
  aiCatalog: { response: MANIFEST },
  ardSearch: {
    request: {
      sentence: {
        summary: 'A sentence',
        value: { query: { text: 'Which agent summarizes papers?' }, pageSize: 3 },
      },
    },
    response: { results: [{ ...ENTRY, score: 100, source: `${BASE}/ard` }] },
  },
  ardEntries: { response: { items: [ENTRY] } },
  ardEntry: { response: ENTRY },
  mcpServers: { response: { servers: [SERVER], metadata: { count: 1 } } },
  mcpServerVersions: { response: { servers: [SERVER], metadata: { count: 1 } } },
  mcpServerVersion: { response: SERVER },
  agentServerCard: { response: { $schema: SERVER_CARD, ...IDENTITY, remotes: REMOTES } },
}
