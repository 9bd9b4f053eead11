import { SERVER_LIMITS } from '../../../limits/server-limits.ts'
import type { WarningLogger } from '../../warning-logger.ts'

/** Milliseconds between two warnings while the log stays large. */
const REPEAT_MS = 600_000

/** What to do about a log that cannot be emptied. */
export const WAL_HINT =
  'another program keeps an old snapshot of the database open: stop that program (lsof shows ' +
  'which has the -wal file open); then the log shrinks by itself'

/**
 * Warns about a write-ahead log that grows because another program keeps an old snapshot of the
 * database open.
 */
export class WalSize {
  readonly #logger: WarningLogger | undefined
  readonly #now: () => number
  #bytes = 0
  #warnedAt = Number.NEGATIVE_INFINITY

  /** @param options.now monotonic clock in milliseconds */
  constructor(options: { logger: WarningLogger | undefined; now?: () => number }) {
    this.#logger = options.logger
    this.#now = options.now ?? (() => performance.now())
  }

  /** Size at the last check. */
  get bytes(): number {
    return this.#bytes
  }

  /** Whether the size exceeds the warning limit. */
  get isLarge(): boolean {
    return this.#bytes > SERVER_LIMITS.walBytes.value
  }

  /** Records the current size, and warns if it is too large. */
  update(bytes: number): void {
    this.#bytes = bytes
    const now = this.#now()
    if (!this.isLarge || now - this.#warnedAt < REPEAT_MS) return
    this.#warnedAt = now
    this.#logger?.warn(
      { bytes },
      `the write-ahead log of the database is growing, because ${WAL_HINT}. Until then heartbeats ` +
        'are kept in memory and not written to the database',
    )
  }
}
