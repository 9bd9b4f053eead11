import type { AgentRegistryRepository, SweepResult } from '../domain/agent-registry-repository.ts'
import type { BrakeState } from '../domain/expiry-brake.ts'

/** Milliseconds between two sweeps: an expiry is recorded within about this time of its deadline. */
const SWEEP_INTERVAL_MS = 50
/** Milliseconds to wait after a failed sweep; reads judge liveness correctly without it. */
const SWEEP_BACKOFF_MS = 1000

type Pass = 'sweep' | 'cleanup'

/** Receives the results of the loop. */
export interface ExpiryReporter {
  /** Called when a cleanup removed a number of agents. */
  cleaned(removed: number): void
  /** Called when the brake on mass expiry engaged. */
  braked(brake: BrakeState): void
  /** Called when it ended. */
  released(): void
  /** Called when a pass failed; the loop continues. */
  failed(pass: Pass, error: unknown): void
  /** Called when a pass succeeded. */
  succeeded(pass: Pass): void
}

/**
 * Runs the two stages of expiry in the background: the sweep records lapsed leases as transitions
 * many times a second, the cleanup deletes expired agents. If a pass throws, the next one still runs.
 */
export class ExpiryLoop {
  readonly #repository: AgentRegistryRepository
  readonly #reporter: ExpiryReporter
  readonly #cleanupIntervalMs: number
  #sweepTimer: NodeJS.Timeout | undefined
  #cleanupTimer: NodeJS.Timeout | undefined
  #sweeping: Promise<void> | undefined
  #cleanup: Promise<void> | undefined
  #nextSweepAt = 0
  /** Whether it was reported that the brake on mass expiry is on. */
  #isBraked = false
  #isStopped = false

  constructor(options: {
    repository: AgentRegistryRepository
    reporter: ExpiryReporter
    cleanupIntervalMs: number
  }) {
    this.#repository = options.repository
    this.#reporter = options.reporter
    this.#cleanupIntervalMs = options.cleanupIntervalMs
  }

  /**
   * Starts both stages. From here on the store knows when the next sweep is due, so it also detects a
   * process that is suspended right after its start.
   */
  async start(): Promise<void> {
    await this.#expireLapsed(0).catch((error: unknown) => this.#reporter.failed('sweep', error))
    this.#sweepTimer ??= setInterval(() => this.#tick(), SWEEP_INTERVAL_MS).unref()
    this.#cleanupTimer ??= setInterval(() => this.#cleanUp(), this.#cleanupIntervalMs).unref()
  }

  /** Stops both stages. Resolves when no pass is in flight. */
  async stop(): Promise<void> {
    this.#isStopped = true
    clearInterval(this.#sweepTimer)
    clearInterval(this.#cleanupTimer)
    await Promise.all([this.#sweeping, this.#cleanup])
    // Otherwise a store that stays open would treat the end of the sweeps as a stall.
    await this.#expireLapsed(0, Number.POSITIVE_INFINITY).catch(() => undefined)
  }

  #tick(): void {
    if (this.#sweeping === undefined && performance.now() >= this.#nextSweepAt) {
      this.#sweeping = this.#sweep().finally(() => {
        this.#sweeping = undefined
      })
    } else {
      // The tick itself shows that this process is listening, whatever the store is doing.
      this.#expireLapsed(0).catch(() => undefined)
    }
  }

  async #sweep(): Promise<void> {
    try {
      // Yield to other work in between, because passes without expiries never wait.
      for (let more = true; more; ) {
        const swept = await this.#expireLapsed(undefined)
        this.#reportBrake(swept)
        // What is left when the registry stops is done after the next start.
        more = swept.more && !this.#isStopped
        if (more) await new Promise(setImmediate)
      }
      this.#reporter.succeeded('sweep')
    } catch (error) {
      this.#nextSweepAt = performance.now() + SWEEP_BACKOFF_MS
      this.#reporter.failed('sweep', error)
    }
  }

  #reportBrake({ brake }: SweepResult): void {
    if (brake && !this.#isBraked) this.#reporter.braked(brake)
    if (brake === undefined && this.#isBraked) this.#reporter.released()
    this.#isBraked = brake !== undefined
  }

  #expireLapsed(limit: number | undefined, nextSweepMs = SWEEP_INTERVAL_MS) {
    return this.#repository.expireLapsed({ limit, nextSweepMs })
  }

  #cleanUp(): void {
    this.#cleanup ??= this.#repository
      .deleteExpired()
      .then((removed) => {
        if (removed > 0) this.#reporter.cleaned(removed)
        this.#reporter.succeeded('cleanup')
      })
      .catch((error: unknown) => this.#reporter.failed('cleanup', error))
      .finally(() => {
        this.#cleanup = undefined
      })
  }
}
