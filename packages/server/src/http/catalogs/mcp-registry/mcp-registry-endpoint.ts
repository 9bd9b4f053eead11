import type { FastifyReply } from 'fastify'
import {
  type MCP_REGISTRY_OPERATIONS,
  SERVER_CARD_TYPE,
} from '../../../operations/mcp-registry-operations.ts'
import { OPERATIONS } from '../../../operations/operations.ts'
import { agentIdOf, agentNotFound, sendJson } from '../../agents/agent-routes.ts'
import { allowAllPages } from '../../browsers/open-response.ts'
import { MCP_SERVER_CARD } from '../../cards/mcp-server-card.ts'
import { type ParameterValues, QueryParameters } from '../../queries/query-parameters.ts'
import { validationFailed } from '../../requests/validation.ts'
import { HttpProblem, shorten } from '../../responses/problem.ts'
import { catalogAddress } from '../catalog-address.ts'
import type { CatalogExchange, CatalogParts } from '../catalog-parts.ts'
import { agentServerCard } from '../server-card.ts'
import { removedServers } from './removed-servers.ts'
import { decodeServerCursor, encodeServerCursor } from './server-cursor.ts'
import { isActive, serverEntry, updatedAtMs } from './server-entry.ts'
import { compareServers, ServerGroups, type ServerVersion } from './server-groups.ts'

const { mcpServers, mcpServerVersions, mcpServerVersion } = OPERATIONS
type Queries = typeof MCP_REGISTRY_OPERATIONS
const listParameters = new QueryParameters<ParameterValues<Queries['mcpServers']['query']>>(
  mcpServers,
)
type VersionParameters = ParameterValues<Queries['mcpServerVersions']['query']>
const versionsParameters = new QueryParameters<VersionParameters>(mcpServerVersions)
const versionParameters = new QueryParameters<VersionParameters>(mcpServerVersion)

/** The name of the newest version of a server. */
const LATEST = 'latest'

/** Answers the calls of the MCP Registry API, v0.1: agents that speak MCP, as servers. */
export class McpRegistryEndpoint {
  readonly #parts: CatalogParts

  constructor(parts: CatalogParts) {
    this.#parts = parts
  }

  /** Sends a page of servers. */
  async list(exchange: CatalogExchange): Promise<FastifyReply> {
    const { request, reply } = exchange
    this.#open(reply)
    const { known } = listParameters.parse(request.query)
    const { limit = 30, search, version, cursor, updated_since, include_deleted } = known
    const since = updated_since === undefined ? undefined : timeOf(updated_since)
    const position = cursor === undefined ? undefined : decodeServerCursor(cursor)
    const includeDeleted = include_deleted === true || since !== undefined
    const servers = await this.#servers(exchange, includeDeleted)
    const latest = latestOf(servers)
    const found = servers.filter((server) => {
      const { identity } = server
      return (
        (position === undefined || compareServers(identity, position) > 0) &&
        (since === undefined || updatedAtMs(server) >= since) &&
        (search === undefined || hasText(server, search)) &&
        (version === undefined ||
          identity.version === version ||
          (version === LATEST && latest.has(server)))
      )
    })
    const page = found.slice(0, limit)
    const last = page.at(-1)
    const body = {
      servers: page.map((server) => serverEntry(server, latest.has(server))),
      metadata: {
        count: page.length,
        ...(last && found.length > limit && { nextCursor: encodeServerCursor(last.identity) }),
      },
    }
    return this.#send(reply, body)
  }

  /** Sends all versions of a server. @throws HttpProblem `ENTRY_NOT_FOUND` */
  async versions(exchange: CatalogExchange): Promise<FastifyReply> {
    const { request, reply } = exchange
    this.#open(reply)
    const { include_deleted = false } = versionsParameters.parse(request.query).known
    const { server_name: name } = request.params as { server_name: string }
    const servers = await this.#servers(exchange, include_deleted)
    const found = servers.filter(({ identity }) => identity.name === name)
    if (found.length === 0) throw notFound(name)
    const latest = latestOf(found)
    const body = {
      servers: found.map((server) => serverEntry(server, latest.has(server))),
      metadata: { count: found.length },
    }
    return this.#send(reply, body)
  }

  /** Sends one version of a server. @throws HttpProblem `ENTRY_NOT_FOUND` */
  async version(exchange: CatalogExchange): Promise<FastifyReply> {
    const { request, reply } = exchange
    this.#open(reply)
    const { include_deleted = false } = versionParameters.parse(request.query).known
    const { server_name: name, version } = request.params as Record<string, string>
    const servers = await this.#servers(exchange, include_deleted)
    const found = servers.filter(({ identity }) => identity.name === name)
    const latest = latestOf(found)
    const server = found.find((each) =>
      version === LATEST ? latest.has(each) : each.identity.version === version,
    )
    if (server === undefined) throw notFound(`${name} ${version}`)
    return this.#send(reply, serverEntry(server, latest.has(server)))
  }

  /** Sends the server card of an agent. @throws HttpProblem `ENTRY_NOT_FOUND`, RegistryError `AGENT_NOT_FOUND` */
  async card({ request, reply, agents }: CatalogExchange): Promise<FastifyReply> {
    allowAllPages(reply, 'ETag')
    const agentId = agentIdOf(request)
    const agent = await agents.get(agentId)
    if (agent === undefined) throw agentNotFound(agentId, 'check the id, or list GET /agents')
    const isSent = agent.card?.format === MCP_SERVER_CARD
    const sent = isSent ? await agents.card(agentId) : undefined
    if (sent === undefined && agent.details.protocol !== 'mcp') throw notFound(agentId)
    const address = catalogAddress(request, this.#parts.settings)
    return reply
      .header('content-type', SERVER_CARD_TYPE)
      .header('cache-control', 'no-cache')
      .send(sent ?? JSON.stringify(agentServerCard(agent, address)))
  }

  async #servers(
    { request, reply, agents }: CatalogExchange,
    includeDead: boolean,
  ): Promise<readonly ServerVersion[]> {
    const { repository, queries, settings } = this.#parts
    const groups = new ServerGroups(catalogAddress(request, settings))
    return queries.run(reply.raw, async (admitted) => {
      await groups.addAgents(agents, { includeDead, admitted })
      if (includeDead) {
        const { revision } = await repository.counts()
        const removals = removedServers({ history: repository, revision, agents }, admitted)
        for await (const { agent, atMs } of removals) groups.addGone(agent, atMs)
      }
      return groups.sorted
    })
  }

  /** As GitHub requires it of a registry for Copilot, once anybody may read what is in it. */
  #open(reply: FastifyReply): void {
    if (this.#parts.settings.publicDiscovery !== 'agents') return
    allowAllPages(reply, 'ETag')
    reply
      .header('access-control-allow-methods', 'GET, OPTIONS')
      .header('access-control-allow-headers', 'Authorization, Content-Type')
  }

  #send(reply: FastifyReply, body: object): FastifyReply {
    const text = JSON.stringify(body)
    this.#parts.pendingResponses.reserve(reply.raw, text.length)
    return sendJson(reply, text)
  }
}

/** Returns the newest version of each server: of those that are alive, if there are any. */
function latestOf(servers: readonly ServerVersion[]): ReadonlySet<ServerVersion> {
  const latest = new Map<string, ServerVersion>()
  for (const server of servers) {
    const { name } = server.identity
    const known = latest.get(name)
    // Sorted by version, so a later one is newer.
    if (known === undefined || isActive(server) || !isActive(known)) latest.set(name, server)
  }
  return new Set(latest.values())
}

function hasText({ identity: { name, description } }: ServerVersion, text: string): boolean {
  const part = text.toLowerCase()
  return name.toLowerCase().includes(part) || description.toLowerCase().includes(part)
}

function timeOf(text: string): number {
  const time = /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN
  if (!Number.isNaN(time)) return time
  throw validationFailed([
    {
      pointer: '/query/updated_since',
      message: `must be a time in RFC 3339, not ${JSON.stringify(shorten(text))}`,
    },
  ])
}

function notFound(name = ''): HttpProblem {
  return new HttpProblem('ENTRY_NOT_FOUND', `There is no MCP server ${shorten(name)}.`)
}
