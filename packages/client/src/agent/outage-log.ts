import { withoutPassword } from '@rollcall/protocol'
import type { ClientLogger } from '../client-logger.ts'

/**
 * Logs an outage of the registry as two lines, whatever happens in between: that it began and why, and
 * that it is over. Each further failure is logged at level `debug`.
 */
export class OutageLog {
  readonly #logger: ClientLogger
  readonly #what: string
  readonly #back: string
  #isOut = false

  /**
   * @param parts.who is affected, such as `agent a-1`
   * @param parts.what it cannot do, such as `cannot be registered`
   */
  constructor(logger: ClientLogger, parts: { who: string; what: string; registryUrl: string }) {
    const { who, what, registryUrl } = parts
    this.#logger = logger
    this.#what = `${who} ${what}`
    this.#back = `${who}: the registry at ${withoutPassword(registryUrl)} answers again`
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
