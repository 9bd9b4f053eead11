import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { VisibleAgents } from '../../access/visible-agents.ts'
import type { AgentRegistryRepository } from '../../domain/agent-registry-repository.ts'
import type { AgentReadId } from '../../operations/operations.ts'
import { addRoute } from '../requests/routing.ts'

/** Handles a request with the agents that its caller sees. */
type ReadHandler = (request: FastifyRequest, reply: FastifyReply, agents: VisibleAgents) => unknown

/**
 * The one place in which reads are limited: routes that show agents are added here, and what they read comes from the
 * {@link VisibleAgents} of the caller.
 */
export class AgentReads {
  readonly #repository: AgentRegistryRepository
  readonly #all: VisibleAgents

  constructor(repository: AgentRegistryRepository) {
    this.#repository = repository
    this.#all = new VisibleAgents(repository, undefined)
  }

  /** Adds the route of an operation that shows agents. */
  route(app: FastifyInstance, operationId: AgentReadId, handler: ReadHandler): void {
    addRoute(app, operationId, (request, reply) => handler(request, reply, this.#of(request)))
  }

  #of({ principal: { reads } }: FastifyRequest): VisibleAgents {
    return reads === undefined ? this.#all : new VisibleAgents(this.#repository, reads)
  }
}
