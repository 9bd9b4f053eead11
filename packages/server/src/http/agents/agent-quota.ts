import type { AgentRecord } from '../../domain/agent-record.ts'
import type { AgentRegistryRepository } from '../../domain/agent-registry-repository.ts'
import { type Caller, ownerOf } from '../../domain/caller.ts'
import { FollowedCount } from '../../domain/followed-count.ts'
import { OwnerCounter } from '../../domain/owner-counts.ts'
import { HttpProblem } from '../responses/problem.ts'
import { RETRY_AFTER_REMOVAL, type RegisterAgent } from './agent-limit.ts'

/** Registrations in flight are done within a second, and their room may be free again. */
const RETRY_AFTER_OTHERS = { 'retry-after': '1' }

/** Options of {@link AgentQuota}. */
export interface AgentQuotaOptions {
  readonly repository: AgentRegistryRepository
  /** Agents that one principal may own. */
  readonly maxAgentsPerCaller: number
  /** Registers an agent that the quota admits. */
  readonly register: RegisterAgent
}

/**
 * Limits how many agents one principal owns, expired ones included until they are removed. Only registrations of
 * unknown agents are refused, so an agent of nobody that it claims counts from then on, but can always be claimed.
 * Admins are not limited, nor are callers without a token, who own nothing. As for {@link AgentLimit}, one node does
 * not exceed the limit, and several nodes exceed it by what they have in flight.
 */
export class AgentQuota {
  readonly #repository: AgentRegistryRepository
  readonly #maxAgents: number
  readonly #register: RegisterAgent
  readonly #owned: FollowedCount<OwnerCounter>
  /** Registrations in flight by principal, each of which may be a new agent. */
  readonly #inFlight = new Map<string, number>()

  constructor({ repository, maxAgentsPerCaller, register }: AgentQuotaOptions) {
    this.#repository = repository
    this.#maxAgents = maxAgentsPerCaller
    this.#register = register
    this.#owned = new FollowedCount(repository, async () => {
      const { byOwner, revision } = await repository.countByOwner()
      return { counter: new OwnerCounter(byOwner), revision }
    })
    // Visits every agent, so a start does not wait for it; a registration does, and tries again if it has failed.
    this.#owned.get().catch(() => undefined)
  }

  /**
   * Registers an agent.
   *
   * @throws HttpProblem `QUOTA_EXCEEDED` if it is unknown and its caller may own no further one; what the store throws
   */
  async register(...parameters: Parameters<RegisterAgent>): Promise<AgentRecord> {
    const [registration, caller] = parameters
    const owner = limitedOwner(caller)
    if (owner === null) return this.#register(...parameters)
    const owned = this.#owned.current ?? (await this.#owned.get())
    const isFull = owned.of(owner) + this.#inFlightOf(owner) >= this.#maxAgents
    if (isFull && (await this.#repository.get(registration.agentId)) === undefined) {
      throw this.#exceeded(owner, owned.of(owner))
    }
    this.#inFlight.set(owner, this.#inFlightOf(owner) + 1)
    try {
      return await this.#register(...parameters)
    } finally {
      const others = this.#inFlightOf(owner) - 1
      if (others === 0) this.#inFlight.delete(owner)
      else this.#inFlight.set(owner, others)
    }
  }

  #inFlightOf(owner: string): number {
    return this.#inFlight.get(owner) ?? 0
  }

  #exceeded(owner: string, owned: number): HttpProblem {
    const isFull = owned >= this.#maxAgents
    const others = isFull ? '' : `is registering ${this.#inFlightOf(owner)}, `
    const detail =
      `The principal ${owner} owns ${owned} agents, expired ones included, ${others}and it may own ` +
      `${this.#maxAgents} (--max-agents-per-caller). ` +
      'This agent is not among them, so it was not registered.'
    const headers = isFull ? RETRY_AFTER_REMOVAL : RETRY_AFTER_OTHERS
    return new HttpProblem('QUOTA_EXCEEDED', detail, { headers })
  }
}

/** Returns the principal whose agents are limited; null: the caller registers as many as it likes. */
function limitedOwner(caller: Caller | undefined): string | null {
  return caller?.scope === 'admin' ? null : ownerOf(caller)
}
