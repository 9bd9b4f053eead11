import { FLAPPING } from '@rollcall/protocol'
import type { FastifyBaseLogger } from 'fastify'
import type { Transition } from '../domain/transition.ts'
import { SERVER_LIMITS } from '../limits/server-limits.ts'
import { LineLimit } from './line-limit.ts'

const WINDOW_MS = FLAPPING.windowSeconds * 1000

/** The last takeovers of one agent. */
interface Takeovers {
  /** When they happened, oldest first; never more than make an agent flap. */
  readonly times: readonly number[]
  readonly instanceId: string | null
  readonly loggedAt: number
}

/**
 * Notices agents that two processes register again and again, each taking over from the other: a
 * supervisor started both, or they were given one id by mistake.
 */
export class TakeoverWatch {
  readonly #logger: FastifyBaseLogger
  readonly #now: () => number
  readonly #lines = new LineLimit(SERVER_LIMITS.takeoverLines.value)
  /** By agent, in the order of their last takeover. */
  readonly #agents = new Map<string, Takeovers>()
  #count = 0

  /** @param options.now milliseconds of a monotonic clock */
  constructor(options: { logger: FastifyBaseLogger; now?: () => number }) {
    this.#logger = options.logger
    this.#now = options.now ?? (() => performance.now())
  }

  /** Takeovers since the start of this node. */
  get count(): number {
    return this.#count
  }

  /** Number of agents that are flapping now. */
  get flapping(): number {
    return this.flappingAmong(() => true)
  }

  /** Returns the number of some agents that are flapping now. */
  flappingAmong(isCounted: (agentId: string) => boolean): number {
    const now = this.#now()
    return this.#agents
      .entries()
      .filter(([agentId, { times }]) => isFlapping(times, now) && isCounted(agentId))
      .reduce((sum) => sum + 1, 0)
  }

  /** Records the takeovers among transitions that have just become visible. */
  observe(transitions: readonly Transition[]): void {
    for (const transition of transitions) {
      if (transition.type === 'replaced') this.#record(transition)
    }
  }

  #record({ agentId, reason, agent: { instanceId } }: Transition): void {
    this.#count++
    const now = this.#now()
    const before = this.#agents.get(agentId)
    const times = [...(before?.times ?? []), now].slice(-FLAPPING.takeovers)
    const isLogged =
      isFlapping(times, now) &&
      now - (before?.loggedAt ?? Number.NEGATIVE_INFINITY) >= WINDOW_MS &&
      this.#lines.allows(now)
    if (isLogged) {
      const instances = [instanceId, before?.instanceId]
      const { takeovers, windowSeconds } = FLAPPING
      this.#logger.warn(
        { agent_id: agentId, instances, reason },
        `agent ${agentId} is flapping: ${takeovers} takeovers within ${windowSeconds} s; ` +
          'stop one of the two processes, or give it another id',
      )
    }
    const loggedAt = isLogged ? now : (before?.loggedAt ?? Number.NEGATIVE_INFINITY)
    this.#agents.delete(agentId)
    this.#agents.set(agentId, { times, instanceId, loggedAt })
    if (this.#agents.size > SERVER_LIMITS.takeoverAgents.value) this.#forgetOldest()
  }

  #forgetOldest(): void {
    for (const agentId of this.#agents.keys()) {
      this.#agents.delete(agentId)
      return
    }
  }
}

function isFlapping(times: readonly number[], now: number): boolean {
  const [oldest = Number.NEGATIVE_INFINITY] = times
  return times.length >= FLAPPING.takeovers && now - oldest < WINDOW_MS
}
