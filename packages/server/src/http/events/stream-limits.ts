import { SERVER_LIMITS } from '../../limits/server-limits.ts'
import { HttpProblem } from '../responses/problem.ts'

/** Seconds after which a client may try again to open a stream; streams are open for long. */
const RETRY_AFTER = { 'retry-after': '5' }

/** What an open stream counts. */
export interface StreamReservation {
  /** Counts the stream no longer. Idempotent. */
  release(): void
}

/** What one caller has open. */
interface CallerStreams {
  streams: number
  /** How many of its streams follow a filter, by the text of the filter. */
  readonly filters: Map<string, number>
}

/** Counts open streams and the filters they follow, in all and of each caller. */
export class StreamLimits {
  readonly #limit: () => number
  readonly #limitOfCaller: () => number
  readonly #callers = new Map<string, CallerStreams>()
  /** How many streams follow a filter. */
  readonly #filters = new Map<string, number>()
  #streams = 0

  constructor(options: { limit: () => number; limitOfCaller: () => number }) {
    this.#limit = options.limit
    this.#limitOfCaller = options.limitOfCaller
  }

  /**
   * Counts a stream that is about to be opened.
   *
   * @throws HttpProblem `OVERLOADED` if the maximum of streams or filters is open, `QUOTA_EXCEEDED` for a share of the
   *   caller
   */
  reserve(caller: string, filter: string): StreamReservation {
    const own = this.#callers.get(caller) ?? { streams: 0, filters: new Map<string, number>() }
    this.#requireStream(own)
    this.#requireFilter(own, filter)
    this.#callers.set(caller, own)
    this.#streams++
    own.streams++
    change(this.#filters, filter, 1)
    change(own.filters, filter, 1)
    let isReleased = false
    return {
      release: () => {
        if (isReleased) return
        isReleased = true
        this.#streams--
        own.streams--
        change(this.#filters, filter, -1)
        change(own.filters, filter, -1)
        if (own.streams === 0) this.#callers.delete(caller)
      },
    }
  }

  #requireStream({ streams }: CallerStreams): void {
    const limit = this.#limit()
    if (this.#streams >= limit) {
      throw overloaded(`The maximum of ${limit} streams is open (see --max-streams and ulimit -n).`)
    }
    const share = this.#limitOfCaller()
    if (streams >= share) {
      throw quotaExceeded(`The caller has ${share} streams open (see --max-streams-per-caller).`)
    }
  }

  #requireFilter({ filters }: CallerStreams, filter: string): void {
    const { value: limit } = SERVER_LIMITS.filters
    if (!this.#filters.has(filter) && this.#filters.size >= limit) {
      throw overloaded(`The open streams have ${limit} different filters, which is the maximum.`)
    }
    const share = (limit * SERVER_LIMITS.filtersPercent.value) / 100
    if (!filters.has(filter) && filters.size >= share) {
      const detail = `The streams of the caller have ${share} different filters, which is its share.`
      throw quotaExceeded(detail)
    }
  }
}

function overloaded(detail: string): HttpProblem {
  return new HttpProblem('OVERLOADED', detail)
}

function quotaExceeded(detail: string): HttpProblem {
  return new HttpProblem('QUOTA_EXCEEDED', detail, { headers: RETRY_AFTER })
}

function change(counts: Map<string, number>, key: string, by: 1 | -1): void {
  const count = (counts.get(key) ?? 0) + by
  if (count === 0) counts.delete(key)
  else counts.set(key, count)
}
