import { withoutPassword } from '@rollcall/protocol'
import type { FastifyBaseLogger } from 'fastify'
import { isRegistryError } from '../domain/registry-error.ts'

/** Milliseconds between two lines while the failure lasts. */
const REPEAT_MS = 10_000
/** Lines within a minute: what fails and works by turns must not fill the disk. */
const LINES_PER_MINUTE = 8
const MINUTE_MS = 60_000
/** Characters of a reason; a database with many hosts has one for each. */
const REASON_LIMIT = 300

/**
 * Logs what fails again and again in few lines: one for the first failure, one each ten seconds
 * while it lasts, one when it works again; and never more than eight in a minute.
 */
export class FailureLog {
  readonly #logger: FastifyBaseLogger
  readonly #what: string
  readonly #now: () => number
  /** Since the log last said that it fails; 0: the log says that it works. */
  #failures = 0
  #since = 0
  #loggedAt = 0
  /** When the lines of the last minute were written. */
  #lines: number[] = []

  /**
   * @param options.what fails, as the subject of a sentence
   * @param options.now milliseconds of a clock that never steps
   */
  constructor(options: { logger: FastifyBaseLogger; what: string; now?: () => number }) {
    this.#logger = options.logger
    this.#what = options.what
    this.#now = options.now ?? (() => performance.now())
  }

  /** Notes a failure: an error, or the reason in words. */
  failed(error: unknown): void {
    const now = this.#now()
    if (this.#failures === 0) {
      if (!this.#mayLog(now)) return
      this.#failures = 1
      this.#since = this.#loggedAt = now
      this.#logger.error(detailsOf(error), `${this.#what} fails`)
      return
    }
    this.#failures++
    if (now - this.#loggedAt >= REPEAT_MS && this.#mayLog(now)) {
      this.#loggedAt = now
      const details = { ...this.#duration(now), reason: reasonOf(error) }
      this.#logger.error(details, `${this.#what} still fails`)
    }
  }

  /** Notes a success: the end of the failure, if there was one. */
  worked(): void {
    const now = this.#now()
    if (this.#failures === 0 || !this.#mayLog(now)) return
    const { seconds, failures } = this.#duration(now)
    this.#failures = 0
    this.#logger.info({ seconds, failures }, `${this.#what} works again after ${seconds} s`)
  }

  /** Counts a line, if there is room for it. */
  #mayLog(now: number): boolean {
    this.#lines = this.#lines.filter((at) => now - at < MINUTE_MS)
    if (this.#lines.length >= LINES_PER_MINUTE) return false
    this.#lines.push(now)
    return true
  }

  #duration(now: number): { seconds: number; failures: number } {
    return { seconds: Math.round((now - this.#since) / 100) / 10, failures: this.#failures }
  }
}

/** A failure that was foreseen is its reason; of any other, the stack is wanted as well. */
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
