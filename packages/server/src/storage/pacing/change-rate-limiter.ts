import { DEFAULTS } from '../../limits/defaults.ts'
import { SERVER_LIMITS } from '../../limits/server-limits.ts'
import type { HistoryLimits } from '../history-limit.ts'

const { changeBurst, changesPerSecond, changeShare, leastChangeShare, changesPerHour } =
  SERVER_LIMITS
/** Above this many tracked agents, those with a full burst allowance are evicted. */
const EVICT_ABOVE = 10_000

/** A token bucket: its capacity, and the rate at which it refills. */
interface Rate {
  readonly capacity: number
  readonly perMs: number
}

/** The tokens that an agent has left. */
interface Allowance {
  burst: number
  share: number
  /** Time of the last refill. */
  atMs: number
  /** Revision of its last change, if known. */
  revision?: number
}

/** What changes: heartbeats report the status, registrations report everything else. */
export type ChangeKind = 'status' | 'registration'

/**
 * Limits how often one agent changes, so that a flapping agent takes days to displace the history of
 * all others. Allows a burst of status changes, then a few per second, until the agent has used its
 * share of the history; from then on a few changes of any kind per minute.
 */
export class ChangeRateLimiter {
  readonly #burst: Rate = { capacity: changeBurst.value, perMs: changesPerSecond.value / 1000 }
  readonly #share: Rate
  readonly #now: () => number
  readonly #allowances = new Map<string, Allowance>()
  /** Long-lived cursor for eviction: a new iterator each time would skip over recently deleted entries. */
  #evictionCursor = this.#allowances.entries()

  /**
   * @param options.historyLimit changes that the history keeps; default: that of the history
   * @param options.now monotonic clock in milliseconds
   */
  constructor(options: HistoryLimits & { now?: () => number }) {
    const { historyLimit = DEFAULTS.historyLimit } = options
    this.#now = options.now ?? (() => performance.now())
    this.#share = {
      capacity: Math.max(leastChangeShare.value, (historyLimit * changeShare.value) / 100),
      perMs: changesPerHour.value / 3_600_000,
    }
  }

  /** Records a change that is not rate-limited. */
  record(agentId: string, kind: ChangeKind): void {
    spend(this.#allowanceOf(agentId), kind)
  }

  /** Records a change if it is allowed now. Returns whether it is. */
  tryTake(agentId: string, kind: ChangeKind): boolean {
    const allowance = this.#allowanceOf(agentId)
    if (this.#waitMsOf(allowance, kind) > 0) return false
    spend(allowance, kind)
    return true
  }

  /**
   * Records the outcome of a change. Refunds its tokens if the revision did not advance: a change without
   * effect is not in the history, and does not count.
   *
   * @param revision revision of the agent's last change
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

  /** Returns the milliseconds until the agent may change; 0: now. */
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
    if (this.#allowances.size >= EVICT_ABOVE) this.#evict(now)
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

  /** Checks two entries per call, round-robin: an agent that was idle for a full round is mostly refilled. */
  #evict(now: number): void {
    for (let checked = 0; checked < 2; checked++) {
      const next = this.#evictionCursor.next()
      if (next.done) {
        this.#evictionCursor = this.#allowances.entries()
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
