import { withoutPassword } from '@rollcall/protocol'
import type { FastifyBaseLogger } from 'fastify'
import { isRegistryError } from '../domain/registry-error.ts'

/** Milliseconds between two lines while the failure lasts. */
const REPEAT_MS = 10_000
/** Characters of a reason; a database with many hosts has one for each. */
const REASON_LIMIT = 300

/**
 * Logs what fails again and again in few lines: one for the first failure, one each ten seconds
 * while it lasts, one when it works again.
 */
export class FailureLog {
  readonly #logger: FastifyBaseLogger
  readonly #what: string
  readonly #now: () => number
  #failures = 0
  #since = 0
  #loggedAt = 0

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
    this.#failures++
    if (this.#failures === 1) {
      this.#since = this.#loggedAt = now
      this.#logger.error(detailsOf(error), `${this.#what} fails`)
    } else if (now - this.#loggedAt >= REPEAT_MS) {
      this.#loggedAt = now
      const details = { ...this.#duration(now), reason: reasonOf(error) }
      this.#logger.error(details, `${this.#what} still fails`)
    }
  }

  /** Notes a success: the end of the failure, if there was one. */
  worked(): void {
    if (this.#failures === 0) return
    const { seconds, failures } = this.#duration(this.#now())
    this.#failures = 0
    this.#logger.info({ seconds, failures }, `${this.#what} works again after ${seconds} s`)
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
