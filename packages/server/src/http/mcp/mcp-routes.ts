import type { FastifyInstance } from 'fastify'
import type { AgentReads } from '../access/agent-reads.ts'
import type { McpEndpoint, McpEndpointParts } from './mcp-endpoint.ts'

/** Adds the route of MCP. What serves it is loaded with the first request: it takes 20 MB and 0.2 s. */
export function mcpRoutes(
  app: FastifyInstance,
  { reads, ...parts }: McpEndpointParts & { reads: AgentReads },
): void {
  let endpoint: Promise<McpEndpoint> | undefined
  reads.route(app, 'mcp', async (request, reply, agents) => {
    endpoint ??= load(parts)
    return (await endpoint).handle(request, reply, agents)
  })
}

async function load(parts: McpEndpointParts): Promise<McpEndpoint> {
  const { McpEndpoint } = await import('./mcp-endpoint.ts')
  return new McpEndpoint(parts)
}
