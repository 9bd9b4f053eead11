import type { FastifyInstance } from 'fastify'
import { SERVER_CARD_TYPE } from '../../../operations/mcp-registry-operations.ts'
import { allowAllPages } from '../../browsers/open-response.ts'
import { route } from '../../requests/routing.ts'
import { catalogAddress } from '../catalog-address.ts'
import type { CatalogSettings } from '../catalog-settings.ts'

/** Adds the route of the server card of the registry. */
export function ownServerCardRoute(app: FastifyInstance, settings: CatalogSettings): void {
  route(app, 'mcpServerCard', async (request, reply) => {
    const { ownServerCard } = await import('../server-card.ts')
    allowAllPages(reply, 'ETag')
    return reply
      .header('content-type', SERVER_CARD_TYPE)
      .header('cache-control', 'public, max-age=3600')
      .send(JSON.stringify(ownServerCard(catalogAddress(request, settings))))
  })
}
