import { SERVER_LIMITS } from '../../limits/server-limits.ts'
import { DEFAULT_HISTORY_LIMIT, type HistoryLimits } from '../history-limit.ts'

const { changeBurst, changesPerSecond, changeShare, leastChangeShare, changesPerHour } =
  SERVER_LIMITS
/** Agents above which those are forgotten that have all of their allowance again. */
const FORGET_ABOVE = 10_000

/** A token bucket: holds some tokens, and gets new ones at a steady rate. */
interface Rate {
  readonly capacity: number
  readonly perMs: number
}

/** What an agent has left. */
interface Allowance {
  burst: number
  share: number
  /** When that was so. */
  atMs: number
  /** Of its last change, if that was seen. */
  revision?: number
}

/** What changes: its status is reported by a heartbeat, all else by a registration. */
export type ChangeKind = 'status' | 'registration'

/**
 * Limits how often one agent changes, so that an agent that flaps displaces the history of all others
 * only over days: some changes of status at once and then a few a second, as long as the agent has not
 * had its share of the history; from then on a few changes of any kind a minute.
 */
export class ChangePace {
  readonly #burst: Rate = { capacity: changeBurst.value, perMs: changesPerSecond.value / 1000 }
  readonly #share: Rate
  readonly #now: () => number
  readonly #allowances = new Map<string, Allowance>()
  /** Goes round them: a new iterator each time would pass by all that were deleted lately. */
  #round = this.#allowances.entries()

  /**
   * @param options.historyLimit changes that the history keeps; default as of the history
   * @param options.now milliseconds of a clock that never steps
   */
  constructor(options: HistoryLimits & { now?: () => number }) {
    const { historyLimit = DEFAULT_HISTORY_LIMIT } = options
    this.#now = options.now ?? (() => performance.now())
    this.#share = {
      capacity: Math.max(leastChangeShare.value, (historyLimit * changeShare.value) / 100),
      perMs: changesPerHour.value / 3_600_000,
    }
  }

  /** Notes a change of an agent that is not held back. */
  count(agentId: string, kind: ChangeKind): void {
    spend(this.#allowanceOf(agentId), kind)
  }

  /** Notes a change if the agent may make it now. Returns whether it may. */
  take(agentId: string, kind: ChangeKind): boolean {
    const allowance = this.#allowanceOf(agentId)
    if (this.#waitMsOf(allowance, kind) > 0) return false
    spend(allowance, kind)
    return true
  }

  /**
   * Notes what came of it. What changed nothing is not in the history, and does not count.
   *
   * @param revision of the last change of the agent
   */
  settle(agentId: string, kind: ChangeKind, revision: number): void {
    const allowance = this.#allowances.get(agentId)
    if (allowance === undefined) return
    if (allowance.revision === revision) {
      const { burst, share } = allowance
      if (kind === 'status') allowance.burst = Math.min(this.#burst.capacity, burst + 1)
      allowance.share = Math.min(this.#share.capacity, share + 1)
    }
    allowance.revision = revision
  }

  /** Milliseconds until an agent may change; 0: now. */
  waitMs(agentId: string, kind: ChangeKind): number {
    return this.#waitMsOf(this.#allowanceOf(agentId), kind)
  }

  #waitMsOf({ burst, share }: Allowance, kind: ChangeKind): number {
    const shareMs = (1 - share) / this.#share.perMs
    const burstMs = kind === 'status' ? (1 - burst) / this.#burst.perMs : 0
    return Math.ceil(Math.max(0, shareMs, burstMs))
  }

  #allowanceOf(agentId: string): Allowance {
    const now = this.#now()
    const known = this.#allowances.get(agentId)
    if (known) {
      this.#refill(known, now)
      return known
    }
    if (this.#allowances.size >= FORGET_ABOVE) this.#forget(now)
    const fresh = { burst: this.#burst.capacity, share: this.#share.capacity, atMs: now }
    this.#allowances.set(agentId, fresh)
    return fresh
  }

  #refill(allowance: Allowance, now: number): void {
    const elapsed = now - allowance.atMs
    allowance.burst = Math.min(this.#burst.capacity, allowance.burst + elapsed * this.#burst.perMs)
    allowance.share = Math.min(this.#share.capacity, allowance.share + elapsed * this.#share.perMs)
    allowance.atMs = now
  }

  /** Looks at two each time, in order: an agent that was quiet for a round has most of its allowance again. */
  #forget(now: number): void {
    for (let count = 0; count < 2; count++) {
      const next = this.#round.next()
      if (next.done) {
        this.#round = this.#allowances.entries()
        return
      }
      const [agentId, allowance] = next.value
      this.#refill(allowance, now)
      if (allowance.burst >= this.#burst.capacity) this.#allowances.delete(agentId)
    }
  }
}

function spend(allowance: Allowance, kind: ChangeKind): void {
  if (kind === 'status') allowance.burst = Math.max(0, allowance.burst - 1)
  allowance.share = Math.max(0, allowance.share - 1)
}
