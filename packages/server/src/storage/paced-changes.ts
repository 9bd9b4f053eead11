import type { Heartbeat } from '../domain/heartbeat.ts'
import type { ChangePace } from './change-pace.ts'

/** A change that waits until its agent may change again. */
interface WaitingChange<Outcome> {
  /** What is to be recorded: the newest of those that came meanwhile. */
  heartbeat: Heartbeat
  readonly outcome: Promise<Outcome>
  /** Ends the wait. */
  readonly record: () => void
}

/**
 * Records the changes of status that agents report, each as soon as its agent may change. Of several
 * that wait, only the newest is recorded, and all of them have its outcome: so what was acknowledged,
 * or something newer, is durable.
 */
export class PacedChanges<Outcome> {
  readonly #pace: ChangePace
  readonly #record: (heartbeat: Heartbeat) => Promise<Outcome>
  readonly #waiting = new Map<string, WaitingChange<Outcome>>()
  #coalesced = 0

  constructor(options: {
    pace: ChangePace
    record: (heartbeat: Heartbeat) => Promise<Outcome>
  }) {
    this.#pace = options.pace
    this.#record = options.record
  }

  /** Changes that were not recorded, because a newer one of the same agent was. */
  get coalesced(): number {
    return this.#coalesced
  }

  /** Whether a change of an agent waits: then what it reports now comes after that. */
  isWaiting(agentId: string): boolean {
    return this.#waiting.has(agentId)
  }

  /** Resolves once the change, or a newer one of the same agent, is recorded. */
  add(heartbeat: Heartbeat): Promise<Outcome> {
    const { agentId } = heartbeat
    const waiting = this.#waiting.get(agentId)
    if (waiting) {
      this.#coalesced++
      const { status = waiting.heartbeat.status, load = waiting.heartbeat.load } = heartbeat
      waiting.heartbeat = { agentId, status, load }
      return waiting.outcome
    }
    const waitMs = this.#pace.waitMs(agentId)
    if (waitMs > 0) return this.#wait(heartbeat, waitMs)
    this.#pace.count(agentId)
    return this.#record(heartbeat)
  }

  /** Records what waits of an agent now, because something else is to happen to it. */
  recordNow(agentId: string): void {
    this.#waiting.get(agentId)?.record()
  }

  /** Records all that wait. */
  recordAll(): void {
    for (const { record } of [...this.#waiting.values()]) record()
  }

  #wait(heartbeat: Heartbeat, waitMs: number): Promise<Outcome> {
    const { agentId } = heartbeat
    const { promise: outcome, resolve } = Promise.withResolvers<Outcome>()
    const record = (): void => {
      clearTimeout(timer)
      this.#waiting.delete(agentId)
      this.#pace.count(agentId)
      resolve(this.#record(waiting.heartbeat))
    }
    const timer = setTimeout(record, waitMs)
    const waiting = { heartbeat, outcome, record }
    this.#waiting.set(agentId, waiting)
    return outcome
  }
}
