import { isApiError } from '../errors/api-error.ts'
import type { HeartbeatReport } from '../transport/heartbeat-report.ts'

/** A report in flight. */
export interface Delivery {
  /** The values that have not arrived yet. */
  readonly report: HeartbeatReport
  /**
   * Called once, when the call has ended.
   *
   * @param arrived whether the registry has the report
   */
  end(arrived: boolean): void
}

interface InFlight {
  /** Sequence number of the last report it includes. */
  readonly sequence: number
  /** False if it overlapped with another call: the registry may have received them in any order. */
  isExclusive: boolean
}

interface Waiter {
  readonly sequence: number
  readonly resolve: () => void
  readonly reject: (reason: unknown) => void
}

/**
 * The status and load that an agent last reported. Until they are known to have arrived, they are
 * sent with every heartbeat and registration.
 */
export class AgentReport {
  #last: HeartbeatReport
  #arrived: HeartbeatReport
  #unsent: HeartbeatReport = {}
  #sequence = 0
  readonly #inFlight = new Set<InFlight>()
  #waiters: readonly Waiter[] = []

  /** @param initial sent with the first registration */
  constructor(initial: HeartbeatReport) {
    this.#last = merge({}, initial)
    this.#arrived = this.#last
  }

  /** The last reported values. */
  get last(): HeartbeatReport {
    return this.#last
  }

  /** Whether some values are not known to have arrived. */
  get hasUnsent(): boolean {
    return Object.keys(this.#unsent).length > 0
  }

  /** Whether no report is in flight. */
  get isIdle(): boolean {
    return this.#inFlight.size === 0
  }

  /** Records a report over the previous one. Returns its sequence number. */
  record(report: HeartbeatReport): number {
    this.#last = merge(this.#last, report)
    this.#unsent = merge(this.#unsent, report)
    return ++this.#sequence
  }

  /** Starts to send what has not arrived, or all values, as a registration does. */
  send(what: 'unsent' | 'all' = 'unsent'): Delivery {
    const report = what === 'all' ? this.#last : this.#unsent
    const call: InFlight = { sequence: this.#sequence, isExclusive: true }
    if (Object.keys(report).length > 0) this.#begin(call)
    return { report, end: (arrived) => this.#end(call, report, arrived) }
  }

  /** Restores the last accepted values after a rejection, and rejects all waiters. */
  rollBack(rejection: unknown): void {
    this.#last = this.#arrived
    this.#unsent = {}
    this.abandon(rejection)
  }

  /**
   * Resolves when all reports up to a sequence number have arrived; rejects if they are abandoned.
   */
  delivered(sequence: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiters = [...this.#waiters, { sequence, resolve, reject }]
    })
  }

  /** Rejects all waiters: no more reports are sent. */
  abandon(reason: unknown): void {
    for (const { reject } of this.#waiters) reject(reason)
    this.#waiters = []
  }

  #begin(call: InFlight): void {
    for (const other of this.#inFlight) {
      other.isExclusive = false
      call.isExclusive = false
    }
    this.#inFlight.add(call)
  }

  #end(call: InFlight, report: HeartbeatReport, arrived: boolean): void {
    this.#inFlight.delete(call)
    if (!arrived || !call.isExclusive) return
    this.#arrived = merge(this.#arrived, report)
    this.#unsent = withoutArrived(this.#unsent, report)
    const hasArrived = ({ sequence }: Waiter) => sequence <= call.sequence || !this.hasUnsent
    for (const waiter of this.#waiters.filter(hasArrived)) waiter.resolve()
    this.#waiters = this.#waiters.filter((waiter) => !hasArrived(waiter))
  }
}

/** Whether the registry rejects the report itself: every heartbeat that repeats it would fail. */
export function isRejectedReport(error: unknown): boolean {
  return isApiError(error) && error.status === 422
}

/** Returns the previous values, overwritten by those that the update defines. */
function merge(previous: HeartbeatReport, { status, load }: HeartbeatReport): HeartbeatReport {
  return {
    ...previous,
    ...(status !== undefined && { status }),
    ...(load !== undefined && { load }),
  }
}

/** Removes the values that arrived; one that changed while the report was in flight stays. */
function withoutArrived(report: HeartbeatReport, arrived: HeartbeatReport): HeartbeatReport {
  const { status, load } = report
  return merge(
    {},
    {
      status: status === arrived.status ? undefined : status,
      load: load === arrived.load ? undefined : load,
    },
  )
}
