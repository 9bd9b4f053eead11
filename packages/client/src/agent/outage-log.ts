import { withoutPassword } from '@rollcall/protocol'
import type { ClientLogger } from '../client-logger.ts'

/**
 * Logs an outage of the registry as two warnings: one when it starts, with the reason, and one when
 * it ends. Further failures are logged at level `debug`.
 */
export class OutageLog {
  readonly #logger: ClientLogger
  readonly #failureLine: string
  readonly #recoveryLine: string
  #isOut = false

  /**
   * @param parts.subject who is affected, such as `agent a-1`
   * @param parts.problem what the subject cannot do, such as `cannot be registered`
   */
  constructor(
    logger: ClientLogger,
    parts: { subject: string; problem: string; registryUrl: string },
  ) {
    const { subject, problem, registryUrl } = parts
    this.#logger = logger
    this.#failureLine = `${subject} ${problem}`
    const url = withoutPassword(registryUrl)
    this.#recoveryLine = `${subject}: the registry at ${url} is reachable again`
  }

  /** Records a failure. */
  failed(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error)
    const line = `${this.#failureLine}, retrying: ${reason}`
    if (this.#isOut) this.#logger.debug(line)
    else this.#logger.warn(line)
    this.#isOut = true
  }

  /** Records a success, and logs the recovery if it follows a failure. */
  succeeded(): void {
    if (this.#isOut) this.#logger.warn(this.#recoveryLine)
    this.#isOut = false
  }
}
