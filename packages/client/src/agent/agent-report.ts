import { isApiError } from '../errors/api-error.ts'
import type { HeartbeatReport } from '../transport/heartbeat-report.ts'

/** A report on its way. */
export interface Delivery {
  /** What has not arrived yet. */
  readonly report: HeartbeatReport
  /** Called once, when the call has ended: whether the registry has the report now. */
  end(arrived: boolean): void
}

interface UnderWay {
  /** Number of the last thing that was said before. */
  readonly said: number
  /** Another one was under way at the same time: which of them came last is not known. */
  isAlone: boolean
}

interface Waiting {
  readonly said: number
  readonly resolve: () => void
  readonly reject: (reason: unknown) => void
}

/**
 * What an agent last said of itself, its status and its load. Until it is known to have arrived, it
 * goes with every sign of life.
 */
export class AgentReport {
  #last: HeartbeatReport
  #arrived: HeartbeatReport
  #unsent: HeartbeatReport = {}
  #said = 0
  readonly #underWay = new Set<UnderWay>()
  #waiting: readonly Waiting[] = []

  /** @param first what it registers with */
  constructor(first: HeartbeatReport) {
    this.#last = merged({}, first)
    this.#arrived = this.#last
  }

  /** Everything that it last said. */
  get last(): HeartbeatReport {
    return this.#last
  }

  /** Some of it is not known to have arrived. */
  get isUnsent(): boolean {
    return Object.keys(this.#unsent).length > 0
  }

  /** Nothing of it is under way. */
  get isQuiet(): boolean {
    return this.#underWay.size === 0
  }

  /** Takes in what the agent says, over what it said before. Returns its number. */
  say(report: HeartbeatReport): number {
    this.#last = merged(this.#last, report)
    this.#unsent = merged(this.#unsent, report)
    return ++this.#said
  }

  /** Begins to send what has not arrived, or all of it, as a registration does. */
  send(what: 'unsent' | 'all' = 'unsent'): Delivery {
    const report = what === 'all' ? this.#last : this.#unsent
    const underWay: UnderWay = { said: this.#said, isAlone: true }
    if (Object.keys(report).length > 0) this.#enter(underWay)
    return { report, end: (arrived) => this.#end(underWay, report, arrived) }
  }

  /** Takes back what the registry refuses, and rejects all who wait for it. */
  retract(refusal: unknown): void {
    this.#last = this.#arrived
    this.#unsent = {}
    this.giveUp(refusal)
  }

  /** Resolves when what was said up to some number has arrived; rejects when that is given up. */
  delivered(said: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting = [...this.#waiting, { said, resolve, reject }]
    })
  }

  /** Nothing is sent any more. */
  giveUp(reason: unknown): void {
    for (const { reject } of this.#waiting) reject(reason)
    this.#waiting = []
  }

  #enter(underWay: UnderWay): void {
    for (const other of this.#underWay) {
      other.isAlone = false
      underWay.isAlone = false
    }
    this.#underWay.add(underWay)
  }

  #end(underWay: UnderWay, report: HeartbeatReport, arrived: boolean): void {
    this.#underWay.delete(underWay)
    if (!arrived || !underWay.isAlone) return
    this.#arrived = merged(this.#arrived, report)
    this.#unsent = without(this.#unsent, report)
    const hasArrived = ({ said }: Waiting) => said <= underWay.said || !this.isUnsent
    for (const waiting of this.#waiting.filter(hasArrived)) waiting.resolve()
    this.#waiting = this.#waiting.filter((waiting) => !hasArrived(waiting))
  }
}

/** Whether the registry will never take a report: with it, every heartbeat would be refused. */
export function isRefusedReport(error: unknown): boolean {
  return isApiError(error) && error.status === 422
}

/** What the second does not say stays. */
function merged(before: HeartbeatReport, { status, load }: HeartbeatReport): HeartbeatReport {
  return {
    ...before,
    ...(status !== undefined && { status }),
    ...(load !== undefined && { load }),
  }
}

/** What was said anew while a report was under way is still to come. */
function without(report: HeartbeatReport, arrived: HeartbeatReport): HeartbeatReport {
  const { status, load } = report
  return merged(
    {},
    {
      status: status === arrived.status ? undefined : status,
      load: load === arrived.load ? undefined : load,
    },
  )
}
