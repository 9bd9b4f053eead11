import { withoutPassword } from '@rollcall/protocol'
import type { FastifyBaseLogger } from 'fastify'
import { isRegistryError } from '../domain/registry-error.ts'
import { LineLimit } from './line-limit.ts'

/** Milliseconds between two lines while the failure lasts. */
const REPEAT_MS = 10_000
/** Maximum number of lines in a minute: something that keeps flapping must not fill the disk. */
const LINES_PER_MINUTE = 8
/** Maximum characters of a reason; a database with many hosts reports one reason per host. */
const REASON_LIMIT = 300

/**
 * Logs a recurring failure in few lines: one for the first failure, one every ten seconds while it
 * lasts, one when it is over; and never more than eight in a minute.
 */
export class FailureLog {
  readonly #logger: FastifyBaseLogger
  readonly #subject: string
  readonly #now: () => number
  /** Failures since the first logged one; 0 if the last line reported success. */
  #failures = 0
  #since = 0
  #loggedAt = 0
  readonly #lines = new LineLimit(LINES_PER_MINUTE)

  /**
   * @param options.subject what fails, as the subject of a sentence
   * @param options.now milliseconds of a monotonic clock
   */
  constructor(options: { logger: FastifyBaseLogger; subject: string; now?: () => number }) {
    this.#logger = options.logger
    this.#subject = options.subject
    this.#now = options.now ?? (() => performance.now())
  }

  /** Records a failure: an error, or the reason as text. */
  failed(error: unknown): void {
    const now = this.#now()
    if (this.#failures === 0) {
      if (!this.#lines.allows(now)) return
      this.#failures = 1
      this.#since = this.#loggedAt = now
      this.#logger.error(detailsOf(error), `${this.#subject} fails`)
      return
    }
    this.#failures++
    if (now - this.#loggedAt >= REPEAT_MS && this.#lines.allows(now)) {
      this.#loggedAt = now
      const details = { ...this.#duration(now), reason: reasonOf(error) }
      this.#logger.error(details, `${this.#subject} still fails`)
    }
  }

  /** Records a success: the end of the failure, if there was one. */
  succeeded(): void {
    const now = this.#now()
    if (this.#failures === 0 || !this.#lines.allows(now)) return
    const { seconds, failures } = this.#duration(now)
    this.#failures = 0
    this.#logger.info({ seconds, failures }, `${this.#subject} works again after ${seconds} s`)
  }

  #duration(now: number): { seconds: number; failures: number } {
    return { seconds: Math.round((now - this.#since) / 100) / 10, failures: this.#failures }
  }
}

/** Reduces an anticipated failure to its reason; any other error is logged with its stack. */
function detailsOf(error: unknown): object {
  if (typeof error === 'string') return { reason: error }
  if (!isRegistryError(error)) return { err: error }
  return { code: error.code, reason: reasonOf(error) }
}

function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  // A reason may quote a URL.
  const reason = withoutPassword(message)
  return reason.length > REASON_LIMIT ? `${reason.slice(0, REASON_LIMIT)}…` : reason
}
