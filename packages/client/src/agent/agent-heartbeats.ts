import type { ClientEvents, EventEmitter } from '../client-events.ts'
import { isApiError } from '../errors/api-error.ts'
import { requireValidOptions } from '../options/option-rules.ts'
import type { CallOptions } from '../transport/call.ts'
import type { HeartbeatReport } from '../transport/heartbeat-report.ts'
import { linkSignals, unlessAborted } from '../transport/linked-signal.ts'
import type { RegistryApi } from '../transport/registry-api.ts'
import { type AgentReport, type Delivery, isRefusedReport } from './agent-report.ts'
import { HealthCheck, type HealthCheckOptions } from './health-check.ts'
import { type HeartbeatSchedule, heartbeatScheduleIn } from './heartbeat-schedule.ts'

/** What the heartbeats of an agent are made of. */
export interface AgentHeartbeatsParts {
  readonly api: RegistryApi
  readonly agentId: string
  readonly report: AgentReport
  readonly health: HealthCheckOptions
  readonly events: EventEmitter<ClientEvents>
  /** Milliseconds that a call may take. */
  readonly timeoutMs: number
  /** Seconds of the lease, as it is now. */
  readonly ttlSeconds: () => number
  /** Whether a heartbeat will follow by itself, with all that has not arrived. */
  readonly isRepeated: () => boolean
  /** A report did not arrive at once, and is said again. */
  readonly late: (report: HeartbeatReport, error: unknown) => void
}

/** The heartbeats of one agent, with what it says of itself. */
export class AgentHeartbeats {
  readonly #parts: AgentHeartbeatsParts
  readonly #check: HealthCheck | undefined

  constructor(parts: AgentHeartbeatsParts) {
    this.#parts = parts
    const { agentId, events, health, report } = parts
    this.#check = HealthCheck.of(health, report, (reason) => {
      if (reason === undefined) events.tell('checkPassed', { agentId })
      else events.tell('checkFailed', { agentId, reason })
    })
  }

  /** Milliseconds for one. */
  get timeoutMs(): number {
    return heartbeatTimeoutMs(this.#parts.timeoutMs, this.#parts.ttlSeconds())
  }

  /**
   * Takes in what the agent says of itself.
   *
   * @returns its number, see `AgentReport`
   * @throws TypeError for what cannot be said
   */
  say(report: HeartbeatReport): number {
    requireValidOptions(report)
    this.#check?.noteOwn(report.status)
    return this.#parts.report.say(report)
  }

  /** What a heartbeat that goes out now has to say; undefined: the check fails, and none is to. */
  async begin(): Promise<Delivery | undefined> {
    const check = this.#check
    // A check and the heartbeat after it share a third of the TTL.
    const timeoutMs = (this.#parts.ttlSeconds() * 1000) / 6
    return check && !(await check.run(timeoutMs)) ? undefined : this.#parts.report.send()
  }

  /** Sends one, or none while the check fails. */
  async sendIfHealthy(signal: AbortSignal): Promise<HeartbeatSchedule> {
    const delivery = await this.begin()
    return delivery ? this.#send(delivery, { signal, timeoutMs: this.timeoutMs }) : {}
  }

  /** Sends one with all that is not known to have arrived. */
  send(options?: CallOptions): Promise<HeartbeatSchedule> {
    return this.#send(this.#parts.report.send(), options)
  }

  /**
   * Says something and resolves when it has arrived, with whichever heartbeat.
   *
   * @param options.timeoutMs default: for as long as heartbeats are sent
   * @throws what the first attempt failed with, when it is refused or there is no other
   */
  async deliver(report: HeartbeatReport, options: CallOptions): Promise<void> {
    const link = linkSignals([options.signal], options.timeoutMs)
    try {
      await this.#deliver(report, link.signal)
    } finally {
      link.release()
    }
  }

  async #deliver(report: HeartbeatReport, signal: AbortSignal): Promise<void> {
    const delivered = this.#parts.report.delivered(this.say(report))
    // What becomes of it is of no interest any more once this has thrown.
    delivered.catch(() => undefined)
    try {
      await this.send({ signal, timeoutMs: this.timeoutMs })
    } catch (error) {
      if (signal.aborted || isRefusal(error) || !this.#parts.isRepeated()) throw error
      this.#parts.late(report, error)
    }
    if (this.#parts.isRepeated()) await unlessAborted(delivered, signal)
  }

  async #send({ report, end }: Delivery, options?: CallOptions): Promise<HeartbeatSchedule> {
    const { api, agentId } = this.#parts
    let pulse: HeartbeatSchedule | undefined
    try {
      pulse = heartbeatScheduleIn(await api.heartbeat(agentId, report, options))
    } catch (error) {
      if (isRefusedReport(error)) this.#parts.report.retract(error)
      throw error
    } finally {
      end(pulse !== undefined)
    }
    // Others were under way at the same time: only now it is known what comes last.
    const { isUnsent, isQuiet } = this.#parts.report
    return isUnsent && isQuiet ? this.send(options) : pulse
  }
}

/** Milliseconds for a heartbeat: what takes longer than a third of the TTL is better sent anew. */
export function heartbeatTimeoutMs(timeoutMs: number, ttlSeconds: number): number {
  return Math.min(timeoutMs, (ttlSeconds * 1000) / 3)
}

/** Not of an agent that has only to register again. */
function isRefusal(error: unknown): boolean {
  return isApiError(error) && !error.isTransient && error.code !== 'AGENT_NOT_FOUND'
}
