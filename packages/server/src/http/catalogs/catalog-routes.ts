import type { FastifyInstance } from 'fastify'
import { SURFACES } from '../../operations/catalog-operations.ts'
import type { OperationId } from '../../operations/operation.ts'
import type { AgentReads } from '../access/agent-reads.ts'
import { ardRoutes } from './ard/ard-routes.ts'
import type { CatalogParts } from './catalog-parts.ts'
import type { CatalogSettings } from './catalog-settings.ts'
import { mcpRegistryRoutes } from './mcp-registry/mcp-registry-routes.ts'
import { ownServerCardRoute } from './mcp-registry/own-card-route.ts'

/** Adds the routes by which agents are found in the catalogs of others, as far as they are not turned off. */
export function catalogRoutes(
  app: FastifyInstance,
  parts: CatalogParts & { reads: AgentReads },
): void {
  const { settings } = parts
  if (settings.hasMcp) ownServerCardRoute(app, settings)
  if (settings.hasArd) ardRoutes(app, parts)
  if (settings.hasMcpRegistry) mcpRegistryRoutes(app, parts)
}

/** Returns the operations of what is turned off. */
export function operationsTurnedOff({
  hasMcp,
  hasArd,
  hasMcpRegistry,
}: CatalogSettings): readonly OperationId[] {
  return [
    ...(hasMcp ? [] : SURFACES.mcp),
    ...(hasArd ? [] : SURFACES.ard),
    ...(hasMcpRegistry ? [] : SURFACES.mcpRegistry),
  ]
}
