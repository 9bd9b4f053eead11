import { SERVER_LIMITS } from '../../limits/server-limits.ts'
import { EndOfTurn } from '../../scheduling/end-of-turn.ts'

// Counts, not times: most of the work for a request is done after all of the turn have been started.
/** Requests that are started in a turn of the event loop, whichever connection they are from. */
const FREE_REQUESTS = 64
/** Beyond those, each connection starts one pipelined request, until so many have been started in all. */
const MAX_REQUESTS = SERVER_LIMITS.requestsPerTurn.value

/** A connection whose requests wait for another turn. */
export interface WaitingConnection {
  startWaiting(): void
}

/**
 * Bounds the requests that are started in one turn of the event loop, and shares them among the connections. Otherwise
 * a few hundred connections with dozens of pipelined requests each, or thousands with one each, cause turns of
 * seconds: libuv polls up to 48 times in a turn as long as each poll finds 1024 connections with data. In each turn, only a few
 * connections are accepted: a heartbeat on a new connection waited for ten seconds.
 */
export class TurnShare {
  readonly #end = new EndOfTurn(() => this.#nextTurn())
  /** Requests started since the last turn that was counted: one with few requests does not end the count. */
  #started = 0
  /** Connections that have started their last request of this turn. */
  #served = new Set<WaitingConnection>()
  /** Connections that could start none: the first of the next turn. */
  #unserved = new Set<WaitingConnection>()

  /** Whether a request that is the only one of its connection may start now. */
  takeSingle(): boolean {
    if (this.#started >= MAX_REQUESTS) return false
    this.#count()
    return true
  }

  /** Whether a connection may start a waiting request now; otherwise it is told to continue in another turn. */
  take(connection: WaitingConnection): boolean {
    if (this.#started >= FREE_REQUESTS && !this.#takeLast(connection)) return false
    this.#count()
    return true
  }

  #takeLast(connection: WaitingConnection): boolean {
    if (this.#served.has(connection)) return false
    const isAllowed = this.#started < MAX_REQUESTS
    const connections = isAllowed ? this.#served : this.#unserved
    connections.add(connection)
    return isAllowed
  }

  /** A call at the end of every turn would slow down single requests. */
  #count(): void {
    this.#started++
    if (this.#started === FREE_REQUESTS) this.#end.schedule()
  }

  #nextTurn(): void {
    const waiting = [...this.#unserved, ...this.#served]
    this.#started = 0
    this.#served = new Set()
    this.#unserved = new Set()
    for (const connection of waiting) connection.startWaiting()
  }
}
