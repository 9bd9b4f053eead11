import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { SERVER_LIMITS } from '../../limits/server-limits.ts'
import { ArrivalWatch } from '../../scheduling/connection-arrivals.ts'

/** Reads that begin in any other round while some wait. */
const AT_ONCE = 64
/** What others watch the registry by, which take no time. */
const PROMPT = /^\/(?:health|metrics)\b/

/** A read that waits for its turn. */
interface WaitingRead {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/**
 * Lets requests that only read wait while connections arrive: clients that come by thousands would
 * otherwise make rounds of the event loop in which a heartbeat waits for dozens of lists. With two of them
 * in a round, the slowest hundredth of the heartbeats took 96 ms beside all that clients can do at once,
 * with one 77 to 88 ms. A read whose client has gone meanwhile costs nothing.
 */
export class ReadGate {
  readonly #arrivals = new ArrivalWatch()
  /** In the order in which they came. */
  readonly #waiting = new Set<WaitingRead>()
  /** How many more may begin in this round; undefined: nothing has asked in it yet. */
  #left: number | undefined

  /** The given handler, with reads that wait before it. */
  before(handler: RequestListener): RequestListener {
    return (request, response) => {
      const isRead = request.method === 'GET' || request.method === 'HEAD'
      if (!isRead || PROMPT.test(request.url ?? '')) {
        handler(request, response)
        return
      }
      this.#left ??= this.#beginRound(handler)
      if (this.#waiting.size > 0 || this.#left <= 0) this.#waiting.add({ request, response })
      else {
        this.#left--
        handler(request, response)
      }
    }
  }

  #beginRound(handler: RequestListener): number {
    setImmediate(() => {
      this.#left = undefined
      if (this.#waiting.size > 0) this.#resume(handler)
    })
    if (this.#arrivals.next()) return SERVER_LIMITS.readsWhileArriving.value
    return this.#waiting.size > 0 ? AT_ONCE : Number.POSITIVE_INFINITY
  }

  #resume(handler: RequestListener): void {
    this.#left = this.#beginRound(handler)
    for (const read of this.#waiting) {
      if (this.#left <= 0) return
      this.#waiting.delete(read)
      if (read.request.socket.destroyed) continue
      this.#left--
      handler(read.request, read.response)
    }
  }
}
