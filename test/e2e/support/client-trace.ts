import { type ClientClock, systemClock } from '@rollcall/client'

/** A request that keeps an agent alive, as its client saw it. */
export interface SignOfLife {
  readonly what: 'heartbeat' | 'register'
  /** The pause that the client asked its clock for before; undefined: none. */
  readonly pauseMs: number | undefined
  /** Whether the request before had not ended yet. */
  readonly overlaps: boolean
  /** Status of the answer once it was read to its end; undefined: there was none. */
  status: number | undefined
}

/**
 * What a client did to stay alive, in the order in which it did it. Nothing here depends on how fast
 * the machine is: pauses are those that the client asks for, not those that it gets.
 */
export class ClientTrace {
  readonly signsOfLife: SignOfLife[] = []
  /** Pauses as asked for; chance is always the same, so that they are known. */
  readonly clock: ClientClock
  #pauseMs: number | undefined
  #underWay = 0

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

  /** The platform's `fetch`, with the signs of life noted. */
  readonly fetch: typeof fetch = async (input, init) => {
    if (init?.method !== 'POST') return fetch(input, init)
    const sign: SignOfLife = {
      what: String(input).endsWith('/heartbeat') ? 'heartbeat' : 'register',
      pauseMs: this.#pauseMs,
      overlaps: this.#underWay > 0,
      status: undefined,
    }
    this.#pauseMs = undefined
    this.signsOfLife.push(sign)
    this.#underWay++
    try {
      const response = await fetch(input, init)
      const { status, headers } = response
      // Read here, so that the request ends where its end is noted.
      const body = await response.text()
      sign.status = status
      return new Response(body, { status, headers })
    } finally {
      this.#underWay--
    }
  }
}
