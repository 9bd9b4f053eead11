import type { FastifyInstance } from 'fastify'
import type { CAPABILITY_PARAMETERS } from '../../operations/operation-parameters.ts'
import { OPERATIONS } from '../../operations/operations.ts'
import type { AgentReads } from '../access/agent-reads.ts'
import { sendJson } from '../agents/agent-routes.ts'
import type { QueryAdmission } from '../queries/query-admission.ts'
import { type ParameterValues, QueryParameters } from '../queries/query-parameters.ts'
import { topCapabilities } from './top-capabilities.ts'

const DEFAULT_LIMIT = 100

const parameters = new QueryParameters<ParameterValues<typeof CAPABILITY_PARAMETERS>>(
  OPERATIONS.listCapabilities,
)

/** Adds the route that lists what agents can do. */
export function capabilityRoutes(
  app: FastifyInstance,
  { reads, admission }: { reads: AgentReads; admission: QueryAdmission },
): void {
  reads.route(app, 'listCapabilities', async (request, reply, visible) => {
    const { known } = parameters.parse(request.query)
    const { q, limit = DEFAULT_LIMIT, include_dead: includeDead } = known
    const found = await admission.run(reply.raw, async (admitted) => {
      const counts = await visible.countByCapability(admitted)
      return topCapabilities(counts, { q, limit, includeDead }, admitted.work)
    })
    return sendJson(reply, JSON.stringify(found))
  })
}
