import { SERVER_LIMITS } from '../../limits/server-limits.ts'

const HOLD_MS = SERVER_LIMITS.refusalHold.value
const MAX_HELD = SERVER_LIMITS.heldRefusals.value

/**
 * Holds back the refusals of requests. A client that sends the next request when it has the response
 * otherwise sends thousands of them a second, and refusing one costs nearly as much as serving a heartbeat: the
 * system call that writes the response.
 */
export class HeldRefusals {
  /** What sends each refusal, the oldest first. */
  readonly #held = new Map<NodeJS.Timeout, () => void>()

  /** @param send sends the refusal: later, or at once if too many are held */
  hold(send: () => void): void {
    const timer = setTimeout(() => this.#release(timer), HOLD_MS)
    this.#held.set(timer, send)
    if (this.#held.size <= MAX_HELD) return
    const [oldest] = this.#held.keys()
    if (oldest !== undefined) this.#release(oldest)
  }

  #release(timer: NodeJS.Timeout): void {
    clearTimeout(timer)
    const send = this.#held.get(timer)
    this.#held.delete(timer)
    send?.()
  }
}
