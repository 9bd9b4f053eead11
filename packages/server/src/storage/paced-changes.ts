import type { Heartbeat } from '../domain/heartbeat.ts'
import type { Intent } from '../domain/transition-batch.ts'
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
  readonly #write: (heartbeats: readonly Heartbeat[]) => Promise<readonly Outcome[]>
  readonly #mostAtOnce: number
  readonly #waiting = new Map<string, WaitingChange<Outcome>>()
  #coalesced = 0

  /**
   * @param options.write records heartbeats, and gives the outcome of each
   * @param options.mostAtOnce heartbeats that one write takes: it is one piece of work
   */
  constructor(options: {
    pace: ChangePace
    write: (heartbeats: readonly Heartbeat[]) => Promise<readonly Outcome[]>
    mostAtOnce: number
  }) {
    this.#pace = options.pace
    this.#write = options.write
    this.#mostAtOnce = options.mostAtOnce
  }

  /** Changes that were not recorded, because a newer one of the same agent was. */
  get coalesced(): number {
    return this.#coalesced
  }

  /** Whether a change of an agent waits: then what it reports now comes after that. */
  isWaiting(agentId: string): boolean {
    return this.#waiting.has(agentId)
  }

  /** Resolves once the heartbeat, or a newer one of the same agent, is recorded. */
  async add(heartbeat: Heartbeat): Promise<Outcome> {
    return this.#isDue(heartbeat) ? this.#record(heartbeat) : this.#later(heartbeat)
  }

  /** As {@link add}, for heartbeats of different agents. Gives their outcomes in order. */
  async addAll(heartbeats: readonly Heartbeat[]): Promise<Outcome[]> {
    const due: Heartbeat[] = []
    const later = new Map<string, Promise<Outcome>>()
    for (const heartbeat of heartbeats) {
      if (this.#isDue(heartbeat)) due.push(heartbeat)
      else later.set(heartbeat.agentId, this.#later(heartbeat))
    }
    const writes: Promise<readonly Outcome[]>[] = []
    for (let at = 0; at < due.length; at += this.#mostAtOnce) {
      writes.push(this.#write(due.slice(at, at + this.#mostAtOnce)))
    }
    const recorded = (await Promise.all(writes)).flat().values()
    return Promise.all(
      heartbeats.map(({ agentId }) => later.get(agentId) ?? (recorded.next().value as Outcome)),
    )
  }

  /** Records what waits of an agent now, because something else is to happen to it. */
  recordNow(agentId: string): void {
    this.#waiting.get(agentId)?.record()
  }

  /** Records all that wait. */
  recordAll(): void {
    for (const { record } of [...this.#waiting.values()]) record()
  }

  /** Whether a heartbeat may be recorded now. One without a status only revives. */
  #isDue({ agentId, status }: Heartbeat): boolean {
    if (this.#waiting.has(agentId) || this.#pace.waitMs(agentId) > 0) return false
    if (status !== undefined) this.#pace.count(agentId)
    return true
  }

  async #record(heartbeat: Heartbeat): Promise<Outcome> {
    const [outcome] = await this.#write([heartbeat])
    return outcome as Outcome
  }

  #later(heartbeat: Heartbeat): Promise<Outcome> {
    const { agentId } = heartbeat
    const waiting = this.#waiting.get(agentId)
    if (waiting === undefined) return this.#wait(heartbeat)
    this.#coalesced++
    const { status = waiting.heartbeat.status, load = waiting.heartbeat.load } = heartbeat
    waiting.heartbeat = { agentId, status, load }
    return waiting.outcome
  }

  #wait(heartbeat: Heartbeat): Promise<Outcome> {
    const { agentId } = heartbeat
    const { promise: outcome, resolve } = Promise.withResolvers<Outcome>()
    const record = (): void => {
      clearTimeout(timer)
      this.#waiting.delete(agentId)
      this.#pace.count(agentId)
      resolve(this.#record(waiting.heartbeat))
    }
    const timer = setTimeout(record, this.#pace.waitMs(agentId))
    const waiting = { heartbeat, outcome, record }
    this.#waiting.set(agentId, waiting)
    return outcome
  }
}

/** What a heartbeat that is recorded wants. */
export function toIntent({ agentId, ...report }: Heartbeat): Intent {
  return { event: 'heartbeat', agentId, report }
}
