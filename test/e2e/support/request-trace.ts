import { type ClientClock, systemClock } from '@rollcall/client'

/** A heartbeat or registration, as seen by the client. */
export interface RenewalRequest {
  readonly what: 'heartbeat' | 'register'
  /** The timer delay that the client requested before it; undefined if there was none. */
  readonly delayMs: number | undefined
  /** Whether the previous request was still in flight. */
  readonly overlaps: boolean
  /** Status of the complete response; undefined if there was none. */
  status: number | undefined
}

/**
 * Records the heartbeats and registrations of a client in order. Does not depend on the speed of
 * the machine: delays are those that the client requests, not the actual ones.
 */
export class RequestTrace {
  readonly renewals: RenewalRequest[] = []
  /** Records requested delays; the random value is fixed, so that they are known. */
  readonly clock: ClientClock
  #delayMs: number | undefined
  #inFlight = 0

  constructor(chance: number) {
    this.clock = {
      ...systemClock,
      random: () => chance,
      setTimer: (callback, ms, keepsAlive) => {
        const fire = (): void => {
          this.#delayMs = ms
          callback()
        }
        return systemClock.setTimer(fire, ms, keepsAlive)
      },
    }
  }

  /** The platform's `fetch`, which records these requests. */
  readonly fetch: typeof fetch = async (input, init) => {
    if (init?.method !== 'POST') return fetch(input, init)
    const request: RenewalRequest = {
      what: String(input).endsWith('/heartbeat') ? 'heartbeat' : 'register',
      delayMs: this.#delayMs,
      overlaps: this.#inFlight > 0,
      status: undefined,
    }
    this.#delayMs = undefined
    this.renewals.push(request)
    this.#inFlight++
    try {
      const response = await fetch(input, init)
      const { status, headers } = response
      // Read here, so that the end of the request is recorded.
      const body = await response.text()
      request.status = status
      return new Response(body, { status, headers })
    } finally {
      this.#inFlight--
    }
  }
}
