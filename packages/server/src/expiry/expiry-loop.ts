import type { AgentRegistryRepository } from '../domain/agent-registry-repository.ts'

/** Milliseconds between two sweeps: an expiry is told of within about this of its deadline. */
const SWEEP_INTERVAL_MS = 50
/** Milliseconds without sweeping after one failed: the store is in trouble, and reads are true. */
const SWEEP_BACKOFF_MS = 1000

type Pass = 'sweep' | 'cleanup'

/** What the loop tells of its work. */
export interface ExpiryReporter {
  /** A cleanup removed so many agents. */
  cleaned(removed: number): void
  /** One pass failed; the loop goes on. */
  failed(pass: Pass, error: unknown): void
  /** One pass did its work. */
  worked(pass: Pass): void
}

/**
 * The two stages of expiry in the background: the sweep turns lapsed leases into transitions many
 * times a second, the cleanup deletes what has expired. Whatever one pass throws, the next runs.
 */
export class ExpiryLoop {
  readonly #repository: AgentRegistryRepository
  readonly #reporter: ExpiryReporter
  readonly #cleanupIntervalMs: number
  #sweepTimer: NodeJS.Timeout | undefined
  #cleanupTimer: NodeJS.Timeout | undefined
  #sweeping: Promise<void> | undefined
  #cleaning: Promise<void> | undefined
  #sweepAgainAt = 0

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
   * Starts both stages. The store knows from here on when the next sweep is due, so a process that is
   * stopped right after its start is noticed as well.
   */
  async start(): Promise<void> {
    await this.#announce(0).catch((error: unknown) => this.#reporter.failed('sweep', error))
    this.#sweepTimer ??= setInterval(() => this.#tick(), SWEEP_INTERVAL_MS).unref()
    this.#cleanupTimer ??= setInterval(() => this.#clean(), this.#cleanupIntervalMs).unref()
  }

  /** Resolves when no pass is under way any more. */
  async stop(): Promise<void> {
    clearInterval(this.#sweepTimer)
    clearInterval(this.#cleanupTimer)
    await Promise.all([this.#sweeping, this.#cleaning])
    // Otherwise a store that lives on would take the end of the sweeps for a stall.
    await this.#announce(0, Number.POSITIVE_INFINITY).catch(() => undefined)
  }

  #tick(): void {
    if (this.#sweeping === undefined && performance.now() >= this.#sweepAgainAt) {
      this.#sweeping = this.#sweep().finally(() => {
        this.#sweeping = undefined
      })
    } else {
      // The tick itself is the sign that this process listens, whatever the store is doing.
      this.#announce(0).catch(() => undefined)
    }
  }

  async #sweep(): Promise<void> {
    try {
      // A turn for others in between: passes that expire nobody do not wait for anything.
      while ((await this.#announce(undefined)).more) await new Promise(setImmediate)
      this.#reporter.worked('sweep')
    } catch (error) {
      this.#sweepAgainAt = performance.now() + SWEEP_BACKOFF_MS
      this.#reporter.failed('sweep', error)
    }
  }

  #announce(limit: number | undefined, nextSweepMs = SWEEP_INTERVAL_MS) {
    return this.#repository.expireLapsed({ limit, nextSweepMs })
  }

  #clean(): void {
    this.#cleaning ??= this.#repository
      .deleteExpired()
      .then((removed) => {
        if (removed > 0) this.#reporter.cleaned(removed)
        this.#reporter.worked('cleanup')
      })
      .catch((error: unknown) => this.#reporter.failed('cleanup', error))
      .finally(() => {
        this.#cleaning = undefined
      })
  }
}
