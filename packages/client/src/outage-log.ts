import type { ClientLogger } from './client-logger.ts'

/**
 * Logs an outage of the registry as two lines, whatever happens in between: that it began and why, and
 * that it is over. Each further failure is for those who look for a fault.
 */
export class OutageLog {
  readonly #logger: ClientLogger
  readonly #what: string
  readonly #back: string
  #isOut = false

  /**
   * @param texts.what fails, such as `agent a-1 cannot register`
   * @param texts.back what to say when it is over
   */
  constructor(logger: ClientLogger, texts: { what: string; back: string }) {
    this.#logger = logger
    this.#what = texts.what
    this.#back = texts.back
  }

  /** Notes a failure. */
  failed(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error)
    const line = `${this.#what}, trying again: ${reason}`
    if (this.#isOut) this.#logger.debug(line)
    else this.#logger.warn(line)
    this.#isOut = true
  }

  /** Notes a success; after a failure it is worth a line. */
  succeeded(): void {
    if (this.#isOut) this.#logger.warn(this.#back)
    this.#isOut = false
  }
}
