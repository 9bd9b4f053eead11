import { setTimeout as sleep } from 'node:timers/promises'
import type { ReadinessCheck } from './readiness-check.ts'

/** Options of a health monitor. */
export interface HealthMonitorOptions {
  readonly check: ReadinessCheck
  /** Interval of checks in milliseconds. */
  readonly intervalMs: number
  /** Consecutive failures after which the program counts as unhealthy. */
  readonly failures: number
}

/**
 * Checks a program periodically, independently of the heartbeats: a slow check or a single failure
 * does not delay a heartbeat.
 */
export class HealthMonitor {
  readonly #options: HealthMonitorOptions
  readonly #stop = new AbortController()
  #failed = 0
  #running: Promise<void> | undefined

  constructor(options: HealthMonitorOptions) {
    this.#options = options
  }

  /** Whether the program is healthy according to the latest checks. */
  get isPassing(): boolean {
    return this.#failed < this.#options.failures
  }

  /**
   * Starts the checks.
   *
   * @param changed called with the reason when the program becomes unhealthy, and with undefined
   *   when it recovers
   */
  start(changed: (reason: unknown) => void): void {
    this.#running ??= this.#run(changed)
  }

  /** Stops the checks. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  async #run(changed: (reason: unknown) => void): Promise<void> {
    const { check, intervalMs, failures } = this.#options
    const { signal } = this.#stop
    while (!signal.aborted) {
      await sleep(intervalMs, undefined, { signal }).catch(() => undefined)
      if (signal.aborted) return
      const wasPassing = this.isPassing
      try {
        await check.run(signal)
        this.#failed = 0
        if (!wasPassing) changed(undefined)
      } catch (error) {
        if (signal.aborted) return
        this.#failed = Math.min(failures, this.#failed + 1)
        if (wasPassing && !this.isPassing) changed(error)
      }
    }
  }
}
