import type { BackupContent, BackupSource, BackupStatistics } from '../domain/backup-source.ts'
import { BackupFolder } from './backup-folder.ts'

/** Milliseconds from the start to the first backup: clients that reconnect go first. */
const START_DELAY_MS = 1000

/** Receives the results of scheduled backups. */
export interface BackupReporter {
  /** Called when a backup is complete and checked. */
  succeeded(path: string, content: BackupContent, seconds: number): void
  /** Called when a backup failed; the next one is made at its time. */
  failed(error: unknown): void
}

/** When and where to back up a registry. */
export interface BackupPlan {
  /** Folder of the backups; created if it is missing. */
  readonly folder: string
  /** Milliseconds between the beginnings of two backups. */
  readonly everyMs: number
  /** Backups to keep. */
  readonly keep: number
}

/**
 * Backs up a registry again and again, and removes old backups once a newer one is checked. Goes on with the
 * backups that are in the folder: a restart neither repeats nor delays one.
 */
export class BackupSchedule {
  readonly #source: BackupSource
  readonly #folder: BackupFolder
  readonly #plan: BackupPlan
  readonly #reporter: BackupReporter
  readonly #now: () => number
  readonly #stopping = new AbortController()
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> | undefined
  #statistics: BackupStatistics = { lastSuccessMs: 0, lastDurationMs: 0, failures: 0 }

  /** @param options.now Unix time in milliseconds; default: the system clock */
  constructor(options: {
    source: BackupSource
    epoch: string
    plan: BackupPlan
    reporter: BackupReporter
    now?: () => number
  }) {
    this.#source = options.source
    this.#plan = options.plan
    this.#folder = new BackupFolder(options.plan.folder, options.epoch)
    this.#reporter = options.reporter
    this.#now = options.now ?? Date.now
  }

  get statistics(): BackupStatistics {
    return this.#statistics
  }

  /** Starts the schedule. A folder that cannot be used is a failed backup. */
  async start(): Promise<void> {
    try {
      await this.#folder.prepare()
      this.#wait(await this.#firstDelayMs())
    } catch (error) {
      this.#fail(error)
      this.#wait(this.#plan.everyMs)
    }
  }

  /** Ends a running backup, of which nothing remains. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    clearTimeout(this.#timer)
    await this.#running
  }

  /** Makes a backup now. Never rejects. */
  async backUp(): Promise<void> {
    const startedAt = this.#now()
    const began = performance.now()
    const { signal } = this.#stopping
    try {
      await this.#folder.prepare()
      const path = this.#folder.pathAt(startedAt)
      const content = await this.#source.backUp(path, { signal })
      const lastDurationMs = performance.now() - began
      this.#statistics = { ...this.#statistics, lastSuccessMs: startedAt, lastDurationMs }
      this.#reporter.succeeded(path, content, lastDurationMs / 1000)
      await this.#folder.removeBeyond(this.#plan.keep)
    } catch (error) {
      if (!signal.aborted) this.#fail(error)
    }
  }

  #fail(error: unknown): void {
    this.#statistics = { ...this.#statistics, failures: this.#statistics.failures + 1 }
    this.#reporter.failed(error)
  }

  /** The next backup is due one interval after the newest one, but never later than one interval from now. */
  async #firstDelayMs(): Promise<number> {
    const newest = (await this.#folder.backups()).at(-1)
    if (newest === undefined) return START_DELAY_MS
    this.#statistics = { ...this.#statistics, lastSuccessMs: newest.atMs }
    const { everyMs } = this.#plan
    return Math.max(START_DELAY_MS, Math.min(everyMs, newest.atMs + everyMs - this.#now()))
  }

  #wait(ms: number): void {
    if (this.#stopping.signal.aborted) return
    this.#timer = setTimeout(() => {
      const began = performance.now()
      this.#running = this.backUp().then(() => {
        // The duration of a backup does not delay the next one.
        this.#wait(Math.max(0, this.#plan.everyMs - (performance.now() - began)))
      })
    }, ms).unref()
  }
}
