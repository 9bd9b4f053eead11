import type { FastifyInstance } from 'fastify'
import type { AgentReads } from '../../access/agent-reads.ts'
import type { CatalogParts } from '../catalog-parts.ts'
import type { ArdEndpoint } from './ard-endpoint.ts'

/** Adds the routes of ARD and AI Catalog. What serves them is loaded with the first request. */
export function ardRoutes(
  app: FastifyInstance,
  { reads, ...parts }: CatalogParts & { reads: AgentReads },
): void {
  let loaded: Promise<ArdEndpoint> | undefined
  const endpoint = () => {
    loaded ??= load(parts)
    return loaded
  }
  reads.route(app, 'ardManifest', async (request, reply, agents) =>
    (await endpoint()).manifest({ request, reply, agents }, '/.well-known/ard.json'),
  )
  reads.route(app, 'aiCatalog', async (request, reply, agents) =>
    (await endpoint()).manifest({ request, reply, agents }, '/.well-known/ai-catalog.json'),
  )
  reads.route(app, 'ardSearch', async (request, reply, agents) =>
    (await endpoint()).search({ request, reply, agents }),
  )
  reads.route(app, 'ardEntries', async (request, reply, agents) =>
    (await endpoint()).list({ request, reply, agents }),
  )
  reads.route(app, 'ardEntry', async (request, reply, agents) =>
    (await endpoint()).entry({ request, reply, agents }),
  )
}

async function load(parts: CatalogParts): Promise<ArdEndpoint> {
  const { ArdEndpoint } = await import('./ard-endpoint.ts')
  return new ArdEndpoint(parts)
}
