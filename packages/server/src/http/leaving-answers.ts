import type { ServerResponse } from 'node:http'
import { finished } from 'node:stream/promises'

/**
 * Large answers on their way out. A closing `node:http` server drops connections whose answer is
 * written but has not left the process yet, so whoever closes waits for these first.
 */
export class LeavingAnswers {
  readonly #leaving = new Set<Promise<void>>()

  /** Resolves when the answer has left, or the client has. */
  track(response: ServerResponse): Promise<void> {
    const leaving = finished(response)
      .catch(() => undefined)
      .finally(() => this.#leaving.delete(leaving))
    this.#leaving.add(leaving)
    return leaving
  }

  /** Resolves when all of them have left. */
  async allGone(): Promise<void> {
    await Promise.all(this.#leaving)
  }
}
