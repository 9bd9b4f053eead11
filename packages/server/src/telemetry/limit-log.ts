import type { FastifyBaseLogger } from 'fastify'
import { FailureLog } from './failure-log.ts'

/** Milliseconds without a refusal after which a limit is no longer reached. */
const QUIET_MS = 10_000

/** Logs that a limit is reached, again and again, in few lines: see {@link FailureLog}. */
export class LimitLog {
  readonly #log: FailureLog
  #quiet: NodeJS.Timeout | undefined

  /** @param options.what cannot go on, as the subject of a sentence */
  constructor(options: { logger: FastifyBaseLogger; what: string }) {
    this.#log = new FailureLog(options)
  }

  /** Notes that something was refused, and why: an error, or the reason in words. */
  reached(reason: unknown): void {
    this.#log.failed(reason)
    this.#quiet ??= setTimeout(() => this.#log.worked(), QUIET_MS).unref()
    this.#quiet.refresh()
  }
}
