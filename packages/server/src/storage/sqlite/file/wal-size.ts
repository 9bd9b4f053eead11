import { SERVER_LIMITS } from '../../../limits/server-limits.ts'
import type { WarningLogger } from '../../warning-logger.ts'

/** Milliseconds between two warnings of a log that stays large. */
const REPEAT_MS = 600_000

/** What to do about a log that cannot be emptied. */
export const WAL_HINT =
  'another program reads an old state of the database and does not end: end that program (lsof ' +
  'shows who has the -wal file open); then the log becomes small by itself'

/**
 * Warns of a write-ahead log that grows because another program holds an old state of the database
 * open.
 */
export class WalSize {
  readonly #logger: WarningLogger | undefined
  readonly #now: () => number
  #bytes = 0
  #warnedAt = Number.NEGATIVE_INFINITY

  /** @param options.now milliseconds of a clock that never steps */
  constructor(options: { logger: WarningLogger | undefined; now?: () => number }) {
    this.#logger = options.logger
    this.#now = options.now ?? (() => performance.now())
  }

  /** As it was last seen. */
  get bytes(): number {
    return this.#bytes
  }

  /** It is warned of. */
  get isLarge(): boolean {
    return this.#bytes > SERVER_LIMITS.walBytes.value
  }

  /** Notes how large it is now. */
  seen(bytes: number): void {
    this.#bytes = bytes
    const now = this.#now()
    if (!this.isLarge || now - this.#warnedAt < REPEAT_MS) return
    this.#warnedAt = now
    this.#logger?.warn(
      { bytes },
      `the write-ahead log of the database grows, because ${WAL_HINT}. Until then heartbeats are ` +
        'kept in memory, and not written behind',
    )
  }
}
