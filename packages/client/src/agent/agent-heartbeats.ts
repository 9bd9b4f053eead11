import type { ClientEvents, EventEmitter } from '../client-events.ts'
import { isApiError } from '../errors/api-error.ts'
import { requireValidOptions } from '../options/option-rules.ts'
import type { CallOptions } from '../transport/call.ts'
import type { HeartbeatReport } from '../transport/heartbeat-report.ts'
import { linkSignals, unlessAborted } from '../transport/linked-signal.ts'
import type { RegistryApi } from '../transport/registry-api.ts'
import type { AgentInstance } from './agent-instance.ts'
import { type AgentReport, type Delivery, isRejectedReport } from './agent-report.ts'
import { HealthCheck, type HealthCheckOptions } from './health-check.ts'
import { type HeartbeatSchedule, parseHeartbeatSchedule } from './heartbeat-schedule.ts'

/** Dependencies of {@link AgentHeartbeats}. */
export interface AgentHeartbeatsParts {
  readonly api: RegistryApi
  readonly agentId: string
  readonly report: AgentReport
  readonly instance: AgentInstance
  readonly health: HealthCheckOptions
  readonly events: EventEmitter<ClientEvents>
  /** Timeout of a call in milliseconds. */
  readonly timeoutMs: number
  /** Returns the current lease duration in seconds. */
  readonly ttlSeconds: () => number
  /** Returns whether another heartbeat follows, which repeats what has not arrived. */
  readonly willRetry: () => boolean
  /** Called when the first attempt to deliver a report failed and it will be retried. */
  readonly late: (report: HeartbeatReport, error: unknown) => void
}

/** Sends the heartbeats of one agent, with its status and load. */
export class AgentHeartbeats {
  readonly #parts: AgentHeartbeatsParts
  readonly #check: HealthCheck | undefined

  constructor(parts: AgentHeartbeatsParts) {
    this.#parts = parts
    const { agentId, events, health, report } = parts
    this.#check = HealthCheck.of(health, report, (reason) => {
      if (reason === undefined) events.emit('checkPassed', { agentId })
      else events.emit('checkFailed', { agentId, reason })
    })
  }

  /** Timeout of one heartbeat in milliseconds. */
  get timeoutMs(): number {
    return heartbeatTimeoutMs(this.#parts.timeoutMs, this.#parts.ttlSeconds())
  }

  /**
   * Records a report of the agent.
   *
   * @returns its sequence number, see `AgentReport`
   * @throws TypeError if a value is invalid
   */
  record(report: HeartbeatReport): number {
    requireValidOptions(report)
    this.#check?.recordStatus(report.status)
    return this.#parts.report.record(report)
  }

  /** Returns what the next heartbeat must report; undefined to skip it, because the check fails. */
  async begin(): Promise<Delivery | undefined> {
    const check = this.#check
    // The check and the heartbeat after it share a third of the TTL.
    const timeoutMs = (this.#parts.ttlSeconds() * 1000) / 6
    return check && !(await check.run(timeoutMs)) ? undefined : this.#parts.report.send()
  }

  /** Sends a heartbeat, unless the check fails. */
  async sendIfHealthy(signal: AbortSignal): Promise<HeartbeatSchedule> {
    const delivery = await this.begin()
    return delivery ? this.#send(delivery, { signal, timeoutMs: this.timeoutMs }) : {}
  }

  /** Sends a heartbeat with everything that is not known to have arrived. */
  send(options?: CallOptions): Promise<HeartbeatSchedule> {
    return this.#send(this.#parts.report.send(), options)
  }

  /**
   * Records a report and resolves when it has arrived, with any heartbeat.
   *
   * @param options.timeoutMs default: as long as heartbeats are sent
   * @throws the error of the first attempt, if the report is rejected or will not be retried
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
    const delivered = this.#parts.report.delivered(this.record(report))
    // Avoids an unhandled rejection after this method has thrown.
    delivered.catch(() => undefined)
    try {
      await this.send({ signal, timeoutMs: this.timeoutMs })
    } catch (error) {
      if (signal.aborted || isRejection(error) || !this.#parts.willRetry()) throw error
      this.#parts.late(report, error)
    }
    if (this.#parts.willRetry()) await unlessAborted(delivered, signal)
  }

  async #send({ report, end }: Delivery, options?: CallOptions): Promise<HeartbeatSchedule> {
    const { api, agentId, instance } = this.#parts
    let schedule: HeartbeatSchedule | undefined
    try {
      const receipt = await instance.send((instanceId) =>
        api.heartbeat(agentId, report, { ...options, instanceId }),
      )
      schedule = parseHeartbeatSchedule(receipt)
    } catch (error) {
      if (isRejectedReport(error)) this.#parts.report.rollBack(error)
      throw error
    } finally {
      end(schedule !== undefined)
    }
    // Concurrent reports may have been reordered: once all have ended, the latest is sent again.
    const { hasUnsent, isIdle } = this.#parts.report
    return hasUnsent && isIdle ? this.send(options) : schedule
  }
}

/**
 * Returns the timeout of a heartbeat: at most a third of the TTL, so that there is time for a
 * retry.
 */
export function heartbeatTimeoutMs(timeoutMs: number, ttlSeconds: number): number {
  return Math.min(timeoutMs, (ttlSeconds * 1000) / 3)
}

/**
 * Whether the registry rejected the call; an agent that only has to register again does not count.
 */
function isRejection(error: unknown): boolean {
  return isApiError(error) && !error.isTransient && error.code !== 'AGENT_NOT_FOUND'
}
