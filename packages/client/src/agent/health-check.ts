import type { AgentStatus } from '../transport/heartbeat-report.ts'
import type { AgentReport } from './agent-report.ts'

/** How an agent looks after its own health. */
export interface HealthCheckOptions {
  /**
   * Asked before each heartbeat: whether the agent can work. False, an error, or no answer within a
   * sixth of the TTL is no. Default: it always can.
   */
  readonly check?: (() => boolean | Promise<boolean>) | undefined
  /**
   * What becomes of an agent whose check fails: `busy`, it reports that (default); `silent`, it sends
   * no heartbeats, and is soon not listed any more.
   */
  readonly whenCheckFails?: 'busy' | 'silent' | undefined
}

/** Asks whether an agent can work, and has it say so. */
export class HealthCheck {
  readonly #check: () => boolean | Promise<boolean>
  readonly #isSilent: boolean
  readonly #report: AgentReport
  readonly #changed: (failure: string | undefined) => void
  /** What the agent itself said last. */
  #own: AgentStatus
  #isFailing = false

  /**
   * The check of an agent; undefined: it has none.
   *
   * @param changed called with the reason when the check begins to fail, and without when it passes
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
    this.#own = options.report.last.status ?? 'ready'
  }

  /** The agent said something itself. */
  noteOwn(status: AgentStatus | undefined): void {
    this.#own = status ?? this.#own
  }

  /** Runs the check. Returns whether a heartbeat is to be sent. */
  async run(timeoutMs: number): Promise<boolean> {
    const failure = await failureOf(this.#check, timeoutMs)
    const wasFailing = this.#isFailing
    this.#isFailing = failure !== undefined
    if (this.#isFailing !== wasFailing) this.#changed(failure)
    if (this.#isSilent) return !this.#isFailing
    // One that is draining takes no work either way, and says more.
    if (this.#isFailing && this.#own === 'ready') this.#say('busy')
    else if (wasFailing) this.#say(this.#own)
    return true
  }

  #say(status: AgentStatus): void {
    if (this.#report.last.status !== status) this.#report.say({ status })
  }
}

/** Undefined: it passes. */
async function failureOf(
  check: () => boolean | Promise<boolean>,
  timeoutMs: number,
): Promise<string | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(resolve, timeoutMs, `no answer within ${Math.round(timeoutMs)} ms`)
  })
  try {
    const passes = Promise.resolve(check()).then((fine) => (fine ? undefined : 'it said no'))
    return await Promise.race([passes, late])
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    clearTimeout(timer)
  }
}
