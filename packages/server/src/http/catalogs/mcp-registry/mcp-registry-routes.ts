import type { FastifyInstance } from 'fastify'
import type { AgentReads } from '../../access/agent-reads.ts'
import type { CatalogParts } from '../catalog-parts.ts'
import type { McpRegistryEndpoint } from './mcp-registry-endpoint.ts'

/** Adds the routes of the MCP Registry API. What serves them is loaded with the first request. */
export function mcpRegistryRoutes(
  app: FastifyInstance,
  { reads, ...parts }: CatalogParts & { reads: AgentReads },
): void {
  let loaded: Promise<McpRegistryEndpoint> | undefined
  const endpoint = () => {
    loaded ??= load(parts)
    return loaded
  }
  reads.route(app, 'mcpServers', async (request, reply, agents) =>
    (await endpoint()).list({ request, reply, agents }),
  )
  reads.route(app, 'mcpServerVersions', async (request, reply, agents) =>
    (await endpoint()).versions({ request, reply, agents }),
  )
  reads.route(app, 'mcpServerVersion', async (request, reply, agents) =>
    (await endpoint()).version({ request, reply, agents }),
  )
  reads.route(app, 'agentServerCard', async (request, reply, agents) =>
    (await endpoint()).card({ request, reply, agents }),
  )
}

async function load(parts: CatalogParts): Promise<McpRegistryEndpoint> {
  const { McpRegistryEndpoint } = await import('./mcp-registry-endpoint.ts')
  return new McpRegistryEndpoint(parts)
}
