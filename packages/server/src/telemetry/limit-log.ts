import type { FastifyBaseLogger } from 'fastify'
import { FailureLog } from './failure-log.ts'

/** Milliseconds without a rejection after which a limit counts as no longer reached. */
const QUIET_MS = 10_000

/** Logs in few lines that a limit is reached repeatedly; see {@link FailureLog}. */
export class LimitLog {
  readonly #log: FailureLog
  #quiet: NodeJS.Timeout | undefined

  /** @param options.subject what fails because of the limit, as the subject of a sentence */
  constructor(options: { logger: FastifyBaseLogger; subject: string }) {
    this.#log = new FailureLog(options)
  }

  /** Records that something was rejected, and why: an error, or the reason as text. */
  reached(reason: unknown): void {
    this.#log.failed(reason)
    this.#quiet ??= setTimeout(() => this.#log.succeeded(), QUIET_MS).unref()
    this.#quiet.refresh()
  }
}
