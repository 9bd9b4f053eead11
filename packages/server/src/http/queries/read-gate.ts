import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { SERVER_LIMITS } from '../../limits/server-limits.ts'
import { ArrivalWatch } from '../../scheduling/connection-arrivals.ts'

/** Maximum number of reads started per round while some wait and no connections arrive. */
const READS_PER_ROUND = 64
/** Monitoring routes, which take no time and never wait. */
const MONITORING = /^\/(?:health|metrics)\b/

/** A read that waits to be started. */
interface WaitingRead {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/**
 * Delays read requests while connections arrive: otherwise thousands of clients at once would cause
 * iterations of the event loop ("rounds") in which a heartbeat waits for dozens of lists. With two reads
 * per round, the 99th percentile of heartbeats was 96 ms under the full mix of client load, with one
 * 77 to 88 ms. A read whose client has disconnected in the meantime costs nothing.
 */
export class ReadGate {
  readonly #arrivals = new ArrivalWatch()
  /** In order of arrival. */
  readonly #waiting = new Set<WaitingRead>()
  /** How many more reads may start in this round; undefined before the first one. */
  #remaining: number | undefined

  /** Wraps a handler and delays reads before it. */
  wrap(handler: RequestListener): RequestListener {
    return (request, response) => {
      const isRead = request.method === 'GET' || request.method === 'HEAD'
      if (!isRead || MONITORING.test(request.url ?? '')) {
        handler(request, response)
        return
      }
      this.#remaining ??= this.#beginRound(handler)
      if (this.#waiting.size > 0 || this.#remaining <= 0) this.#waiting.add({ request, response })
      else {
        this.#remaining--
        handler(request, response)
      }
    }
  }

  #beginRound(handler: RequestListener): number {
    setImmediate(() => {
      this.#remaining = undefined
      if (this.#waiting.size > 0) this.#resume(handler)
    })
    if (this.#arrivals.next()) return SERVER_LIMITS.readsWhileArriving.value
    return this.#waiting.size > 0 ? READS_PER_ROUND : Number.POSITIVE_INFINITY
  }

  #resume(handler: RequestListener): void {
    this.#remaining = this.#beginRound(handler)
    for (const read of this.#waiting) {
      if (this.#remaining <= 0) return
      this.#waiting.delete(read)
      if (read.request.socket.destroyed) continue
      this.#remaining--
      handler(read.request, read.response)
    }
  }
}
