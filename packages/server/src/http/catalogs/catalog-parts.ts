import type { FastifyReply, FastifyRequest } from 'fastify'
import type { VisibleAgents } from '../../access/visible-agents.ts'
import type { AgentRegistryRepository } from '../../domain/agent-registry-repository.ts'
import type { PendingResponses } from '../connections/pending-responses.ts'
import type { QueryAdmission } from '../queries/query-admission.ts'
import type { CatalogSettings } from './catalog-settings.ts'

/** What serves the catalogs of others. */
export interface CatalogParts {
  readonly repository: AgentRegistryRepository
  readonly queries: QueryAdmission
  readonly pendingResponses: PendingResponses
  readonly settings: CatalogSettings
}

/** One request, its response, and the agents that its caller sees. */
export interface CatalogExchange {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly agents: VisibleAgents
}
