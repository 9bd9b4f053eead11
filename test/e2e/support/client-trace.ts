import { type ClientClock, systemClock } from '@rollcall/client'

/** A request that renews a lease, as its client saw it. */
export interface SignOfLife {
  readonly what: 'heartbeat' | 'register'
  /** The pause that the client requested from its clock before; undefined for none. */
  readonly pauseMs: number | undefined
  /** Whether the previous request was still in flight. */
  readonly overlaps: boolean
  /** Status of the response once it was read completely; undefined without one. */
  status: number | undefined
}

/**
 * Records the requests with which a client renewed its lease, in order. Independent of the speed of
 * the machine: pauses are those that the client requests, not those that elapse.
 */
export class ClientTrace {
  readonly signsOfLife: SignOfLife[] = []
  /** A clock with a constant random value, so that the requested pauses are known. */
  readonly clock: ClientClock
  #pauseMs: number | undefined
  #inFlight = 0

  constructor(chance: number) {
    this.clock = {
      ...systemClock,
      random: () => chance,
      setTimer: (callback, ms, keepsAlive) => {
        const ring = (): void => {
          this.#pauseMs = ms
          callback()
        }
        return systemClock.setTimer(ring, ms, keepsAlive)
      },
    }
  }

  /** The platform's `fetch`, recording these requests. */
  readonly fetch: typeof fetch = async (input, init) => {
    if (init?.method !== 'POST') return fetch(input, init)
    const sign: SignOfLife = {
      what: String(input).endsWith('/heartbeat') ? 'heartbeat' : 'register',
      pauseMs: this.#pauseMs,
      overlaps: this.#inFlight > 0,
      status: undefined,
    }
    this.#pauseMs = undefined
    this.signsOfLife.push(sign)
    this.#inFlight++
    try {
      const response = await fetch(input, init)
      const { status, headers } = response
      // Reads the body here, so that the request ends where its end is recorded.
      const body = await response.text()
      sign.status = status
      return new Response(body, { status, headers })
    } finally {
      this.#inFlight--
    }
  }
}
