import { AgentId, LIMITS } from '@rollcall/protocol'
import {
  boolean,
  custom,
  integer,
  list,
  object,
  optional,
  type Schema,
  text,
} from '@rollcall/protocol/json-schema'
import type { Operation } from './operation.ts'

/** The media type of the card of an MCP server. */
export const SERVER_CARD_TYPE = 'application/mcp-server-card+json'

/** The card of an MCP server. */
export const McpServerCard = custom<Record<string, unknown>>({
  type: 'object',
  properties: {
    $schema: text(),
    name: text({ description: 'NAMESPACE/NAME.' }),
    title: text(),
    description: text(),
    version: text(),
    remotes: list(custom<object>({ type: 'object' }), { description: 'Where it is called.' }),
  },
  description: 'The card of an MCP server.',
})

/** A server of the MCP Registry API. */
export const RegisteredServer = object({
  server: custom<Record<string, unknown>>({
    type: 'object',
    properties: {
      $schema: text(),
      name: text({ description: 'NAMESPACE/NAME.' }),
      title: text(),
      description: text(),
      version: text(),
      remotes: list(custom<object>({ type: 'object' }), {
        description: 'Where each of its live replicas is called, those that take work first.',
      }),
    },
    description: 'What a server.json says.',
  }),
  _meta: custom<Record<string, unknown>>({
    type: 'object',
    description:
      'Status and times of the registry, in `io.modelcontextprotocol.registry/official`; the leases of its replicas, in ' +
      '`dev.rollcall/live`.',
  }),
})

/** A page of servers. */
export const ServerList = object({
  servers: list(RegisteredServer),
  metadata: object({
    count: integer({ description: 'Number of servers on this page.' }),
    nextCursor: optional(text({ description: 'There are more. Absent on the last page.' })),
  }),
})

const READ = {
  method: 'GET',
  tag: 'catalogs',
  scope: 'read',
  shows: 'agents',
  mayBePublic: true,
} as const

const SERVER_NAME: Schema<string> = text({
  maxLength: LIMITS.serverNameCharacters,
  description: 'The name of the server, with its slash escaped: `com.example%2Fweather`.',
  examples: ['localhost.rollcall/researcher-1'],
})

const INCLUDE_DELETED = boolean({
  default: false,
  description: 'Includes servers that are gone, as far as the history reaches.',
})

/** The operations of the MCP Registry API, v0.1, and the cards of MCP servers. */
export const MCP_REGISTRY_OPERATIONS = {
  mcpServers: {
    ...READ,
    path: '/v0.1/servers',
    summary: 'List MCP servers',
    description:
      'The MCP Registry API, for editors and other clients of MCP: agents with the protocol `mcp` that are alive. Those ' +
      'of one name and version are the replicas of one server. Sorted by name.',
    query: {
      cursor: text({
        minLength: 1,
        maxLength: LIMITS.cursorCharacters,
        description: 'Where to continue: the `nextCursor` of the response before.',
      }),
      limit: integer({
        minimum: 1,
        maximum: LIMITS.ardPageSize,
        default: 30,
        description: 'Maximum number of servers.',
      }),
      search: text({
        minLength: 1,
        maxLength: LIMITS.searchCharacters,
        description: 'A part of the name or the description. Not case-sensitive.',
      }),
      updated_since: text({
        maxLength: 40,
        description:
          'Only servers that changed at or after this time, in RFC 3339; also those that are gone.',
        examples: ['2026-11-21T09:31:00Z'],
      }),
      version: text({
        minLength: 1,
        maxLength: LIMITS.nameCharacters,
        description: 'Only this version; `latest` for the newest of each server.',
      }),
      include_deleted: INCLUDE_DELETED,
    },
    response: ServerList,
    errors: ['VALIDATION_FAILED', 'INVALID_CURSOR', 'OVERLOADED', 'STORAGE_UNAVAILABLE'],
  },
  mcpServerVersions: {
    ...READ,
    path: '/v0.1/servers/{server_name}/versions',
    summary: 'List the versions of an MCP server',
    params: { server_name: SERVER_NAME },
    query: { include_deleted: INCLUDE_DELETED },
    response: ServerList,
    errors: ['VALIDATION_FAILED', 'ENTRY_NOT_FOUND', 'OVERLOADED', 'STORAGE_UNAVAILABLE'],
  },
  mcpServerVersion: {
    ...READ,
    path: '/v0.1/servers/{server_name}/versions/{version}',
    summary: 'Read one version of an MCP server',
    params: {
      server_name: SERVER_NAME,
      version: text({
        maxLength: LIMITS.nameCharacters,
        description: 'A version, or `latest`.',
        examples: ['latest'],
      }),
    },
    query: { include_deleted: INCLUDE_DELETED },
    response: RegisteredServer,
    errors: ['VALIDATION_FAILED', 'ENTRY_NOT_FOUND', 'OVERLOADED', 'STORAGE_UNAVAILABLE'],
  },
  agentServerCard: {
    method: 'GET',
    tag: 'agents',
    scope: 'read',
    shows: 'agents',
    path: '/agents/{agent_id}/server-card',
    mediaType: SERVER_CARD_TYPE,
    summary: 'Read the server card of an MCP server',
    description:
      'Made of its record, unless the agent has sent one as its card: that is returned as it is.',
    params: { agent_id: AgentId },
    response: McpServerCard,
    errors: ['VALIDATION_FAILED', 'ENTRY_NOT_FOUND', 'OVERLOADED', 'STORAGE_UNAVAILABLE'],
  },
} as const satisfies Readonly<Record<string, Operation>>

/** The card of the MCP server that the registry is itself. */
export const OWN_SERVER_CARD = {
  mcpServerCard: {
    method: 'GET',
    path: '/mcp/server-card',
    tag: 'catalogs',
    scope: 'read',
    shows: 'nothing',
    mayBePublic: true,
    mediaType: SERVER_CARD_TYPE,
    summary: 'Read the server card of the registry',
    description: 'Describes `/mcp`, as clients of MCP expect it.',
    response: McpServerCard,
    errors: [],
  },
} as const satisfies Readonly<Record<string, Operation>>
