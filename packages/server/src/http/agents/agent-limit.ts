import type { AgentRecord } from '../../domain/agent-record.ts'
import type { AgentRegistration } from '../../domain/agent-registration.ts'
import type { AgentRegistryRepository } from '../../domain/agent-registry-repository.ts'
import type { Caller } from '../../domain/caller.ts'
import { FollowedCount } from '../../domain/followed-count.ts'
import { isRemoval, type Transition } from '../../domain/transition.ts'
import { SERVER_LIMITS } from '../../limits/server-limits.ts'
import { HttpProblem } from '../responses/problem.ts'

/** Expired agents are removed every minute by default. */
export const RETRY_AFTER_REMOVAL = { 'retry-after': '30' }

/** Options of a registration. */
interface RegisterOptions {
  /** Whether the caller may know how many agents there are; default true. */
  readonly seesAll?: boolean
}

/** Registers an agent; see `AgentRegistryRepository.add`. */
export type RegisterAgent = (
  registration: AgentRegistration,
  caller?: Caller,
  options?: RegisterOptions,
) => Promise<AgentRecord>

/** Options of {@link AgentLimit}. */
export interface AgentLimitOptions {
  readonly repository: AgentRegistryRepository
  readonly maxAgents: number
  /** Returns the share of the heap that is in use, from 0 to 1. */
  readonly heapShare: () => number
}

/**
 * Limits how many agents a registry has, expired ones included until they are removed: they take as much memory.
 * Also refuses new agents while the heap is nearly full, because agents with long metadata take ten times the memory
 * of others. Agents that are registered are never refused. One node does not exceed the limit, since a registration in
 * flight counts as an agent. Several nodes on one database exceed it by what they have in flight, because each learns of
 * the registrations of the others only once they are done.
 */
export class AgentLimit {
  readonly #repository: AgentRegistryRepository
  readonly #maxAgents: number
  readonly #heapShare: () => number
  readonly #agents: FollowedCount<AgentCounter>
  /** Registrations in flight, each of which may be a new agent. */
  #inFlight = 0

  private constructor({ repository, maxAgents, heapShare }: AgentLimitOptions) {
    this.#repository = repository
    this.#maxAgents = maxAgents
    this.#heapShare = heapShare
    this.#agents = new FollowedCount(repository, async () => {
      const { registered, revision } = await repository.counts()
      return { counter: new AgentCounter(registered), revision }
    })
  }

  /** Counts the agents of a store, and follows its changes. */
  static async of(options: AgentLimitOptions): Promise<AgentLimit> {
    const limit = new AgentLimit(options)
    await limit.#agents.get()
    return limit
  }

  /**
   * Registers an agent.
   *
   * @throws HttpProblem `REGISTRY_FULL` if it is unknown and there is no room for it; what the store throws
   */
  async register(
    registration: AgentRegistration,
    caller?: Caller,
    { seesAll = true }: RegisterOptions = {},
  ): Promise<AgentRecord> {
    const agents = this.#agents.current ?? (await this.#agents.get())
    const isFull = agents.registered + this.#inFlight >= this.#maxAgents || this.#isHeapFull
    if (isFull && (await this.#repository.get(registration.agentId)) === undefined) {
      throw this.#full(agents, seesAll)
    }
    this.#inFlight++
    try {
      return await this.#repository.add(registration, caller)
    } finally {
      this.#inFlight--
    }
  }

  get #isHeapFull(): boolean {
    return this.#heapShare() * 100 > SERVER_LIMITS.heapPercent.value
  }

  #full({ registered }: AgentCounter, seesAll: boolean): HttpProblem {
    const why = this.#isHeapFull
      ? `more than ${SERVER_LIMITS.heapPercent.value} % of its memory are in use (--max-old-space-size of Node)`
      : `it may have ${this.#maxAgents} (--max-agents)`
    const found = `The registry has ${registered} agents, expired ones included, and ${why}.`
    const detail = seesAll
      ? `${found} This agent is not among them, so it was not registered.`
      : 'The registry is full. This agent is not in it, so it was not registered.'
    return new HttpProblem('REGISTRY_FULL', detail, { headers: RETRY_AFTER_REMOVAL })
  }
}

/** Counts the agents of a registry. */
class AgentCounter {
  registered: number

  constructor(registered: number) {
    this.registered = registered
  }

  /** Updates the count with a transition. */
  apply({ type }: Transition): void {
    if (type === 'registered') this.registered++
    else if (isRemoval(type)) this.registered--
  }
}
