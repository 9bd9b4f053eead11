import { setTimeout as sleep } from 'node:timers/promises'
import type { ReadinessCheck } from './readiness-check.ts'

/** How a program is watched. */
export interface HealthWatchOptions {
  readonly check: ReadinessCheck
  /** Milliseconds between two checks. */
  readonly intervalMs: number
  /** So many failures in a row mean that it cannot work. */
  readonly failures: number
}

/**
 * Checks a program again and again, beside the heartbeats: a check that is slow or fails once costs no
 * heartbeat.
 */
export class HealthWatch {
  readonly #options: HealthWatchOptions
  readonly #stop = new AbortController()
  #failed = 0
  #running: Promise<void> | undefined

  constructor(options: HealthWatchOptions) {
    this.#options = options
  }

  /** Whether the program can work, as far as is known. */
  get isPassing(): boolean {
    return this.#failed < this.#options.failures
  }

  /**
   * Begins to check.
   *
   * @param changed called with the reason when the program cannot work any more, and without when it
   *   can again
   */
  start(changed: (reason: unknown) => void): void {
    this.#running ??= this.#run(changed)
  }

  /** Ends the checks. */
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
