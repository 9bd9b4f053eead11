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
  /** How many more reads may start in this round; undefined between rounds. */
  #remaining: number | undefined

  /** Wraps a handler and delays reads before it. */
  wrap(handler: RequestListener): RequestListener {
    return (request, response) => {
      const isRead = request.method === 'GET' || request.method === 'HEAD'
      const startsNow = !isRead || MONITORING.test(request.url ?? '') || this.#tryStart(handler)
      if (startsNow) handler(request, response)
      else this.#waiting.add({ request, response })
    }
  }

  /** Whether a read may start in this round. Rounds begin only while connections arrive. */
  #tryStart(handler: RequestListener): boolean {
    if (this.#remaining === undefined) {
      if (!this.#arrivals.next()) return true
      this.#remaining = SERVER_LIMITS.readsWhileArriving.value
      this.#endRoundLater(handler)
    }
    // While reads wait, none is left.
    if (this.#remaining <= 0) return false
    this.#remaining--
    return true
  }

  #endRoundLater(handler: RequestListener): void {
    setImmediate(() => {
      this.#remaining = undefined
      if (this.#waiting.size > 0) this.#resume(handler)
    })
  }

  #resume(handler: RequestListener): void {
    const { readsWhileArriving } = SERVER_LIMITS
    this.#remaining = this.#arrivals.next() ? readsWhileArriving.value : READS_PER_ROUND
    this.#endRoundLater(handler)
    for (const read of this.#waiting) {
      if (this.#remaining <= 0) return
      this.#waiting.delete(read)
      if (read.request.socket.destroyed) continue
      this.#remaining--
      handler(read.request, read.response)
    }
  }
}
