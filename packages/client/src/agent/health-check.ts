import type { AgentStatus } from '../transport/heartbeat-report.ts'
import type { AgentReport } from './agent-report.ts'

/** Options of an agent's health check. */
export interface HealthCheckOptions {
  /**
   * Called before each heartbeat; returns whether the agent can work. The check fails if it returns
   * false, throws, or takes longer than a sixth of the TTL. Default: no check.
   */
  readonly check?: (() => boolean | Promise<boolean>) | undefined
  /**
   * What happens while the check fails: `busy` reports that status (default); `silent` sends no
   * heartbeats, so that the lease lapses and the agent is no longer listed.
   */
  readonly whenCheckFails?: 'busy' | 'silent' | undefined
}

/** Runs the health check of an agent and reports the result as its status. */
export class HealthCheck {
  readonly #check: () => boolean | Promise<boolean>
  readonly #isSilent: boolean
  readonly #report: AgentReport
  readonly #changed: (failure: string | undefined) => void
  /** The status last reported by the agent itself. */
  #ownStatus: AgentStatus
  #isFailing = false

  /**
   * Creates the check of an agent; returns undefined if it has none.
   *
   * @param changed called with the reason when the check starts to fail, and with undefined when it
   *   passes again
   */
  static of(
    { check, whenCheckFails }: HealthCheckOptions,
    report: AgentReport,
    changed: (failure: string | undefined) => void,
  ): HealthCheck | undefined {
    const isSilent = whenCheckFails === 'silent'
    return check && new HealthCheck({ check, isSilent, report, changed })
  }

  private constructor(options: {
    check: () => boolean | Promise<boolean>
    isSilent: boolean
    report: AgentReport
    changed: (failure: string | undefined) => void
  }) {
    this.#check = options.check
    this.#isSilent = options.isSilent
    this.#report = options.report
    this.#changed = options.changed
    this.#ownStatus = options.report.last.status ?? 'ready'
  }

  /** Records a status reported by the agent itself. */
  recordStatus(status: AgentStatus | undefined): void {
    this.#ownStatus = status ?? this.#ownStatus
  }

  /** Runs the check. Returns whether a heartbeat should be sent. */
  async run(timeoutMs: number): Promise<boolean> {
    const failure = await runCheck(this.#check, timeoutMs)
    const wasFailing = this.#isFailing
    this.#isFailing = failure !== undefined
    if (this.#isFailing !== wasFailing) this.#changed(failure)
    if (this.#isSilent) return !this.#isFailing
    // `draining` also means no new work, and says more than `busy`.
    if (this.#isFailing && this.#ownStatus === 'ready') this.#setStatus('busy')
    else if (wasFailing) this.#setStatus(this.#ownStatus)
    return true
  }

  #setStatus(status: AgentStatus): void {
    if (this.#report.last.status !== status) this.#report.record({ status })
  }
}

/** Returns the reason of the failure; undefined if the check passes. */
async function runCheck(
  check: () => boolean | Promise<boolean>,
  timeoutMs: number,
): Promise<string | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const timedOut = new Promise<string>((resolve) => {
    timer = setTimeout(resolve, timeoutMs, `no result within ${Math.round(timeoutMs)} ms`)
  })
  try {
    const result = Promise.resolve(check()).then((isHealthy) =>
      isHealthy ? undefined : 'the check returned false',
    )
    return await Promise.race([result, timedOut])
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    clearTimeout(timer)
  }
}
