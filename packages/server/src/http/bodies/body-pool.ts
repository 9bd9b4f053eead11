import { HttpProblem } from '../responses/problem.ts'

/** A body that occupies memory, as its pool sees it. */
export interface PooledBody {
  /** Ends the request with an error; the memory is free afterwards. */
  giveUp(problem: HttpProblem): void
}

/** Memory that bodies share while they arrive. */
export class BodyPool<Body extends PooledBody> {
  readonly #limit: number
  readonly #refused: () => void
  #bytes = 0
  /** In order of their last progress: a body that goes on is moved to the end. */
  readonly #arriving = new Map<Body, number>()
  /** Whole, and worked on. */
  readonly #whole = new Map<Body, number>()

  /**
   * @param options.limit bytes in all
   * @param options.refused called for each body that had to give way
   */
  constructor(options: { limit: number; refused: () => void }) {
    this.#limit = options.limit
    this.#refused = options.refused
  }

  /** Bytes that are occupied. */
  get bytes(): number {
    return this.#bytes
  }

  /** Bodies that have not arrived whole. */
  get arriving(): Iterable<Body> {
    return this.#arriving.keys()
  }

  /**
   * Occupies memory for a body that has made progress. When there is none left, the bodies that have
   * been silent for longest give way: those of an attacker wait, those of an honest client come.
   *
   * @param bytes all that the body occupies from now on
   * @throws HttpProblem `OVERLOADED` when all others are whole and worked on
   */
  occupy(body: Body, bytes: number): void {
    const before = this.#arriving.get(body) ?? 0
    this.#arriving.delete(body)
    this.#bytes += bytes - before
    this.#arriving.set(body, bytes)
    for (const silent of this.#arriving.keys()) {
      if (this.#bytes <= this.#limit || silent === body) break
      this.release(silent)
      this.#refused()
      silent.giveUp(noRoom())
    }
    if (this.#bytes <= this.#limit) return
    this.release(body)
    this.#refused()
    throw noRoom()
  }

  /** Keeps the memory of a body that is whole now, until {@link release}. */
  keep(body: Body): void {
    const bytes = this.#arriving.get(body)
    if (bytes === undefined) return
    this.#arriving.delete(body)
    this.#whole.set(body, bytes)
  }

  /** Frees the memory of a body. Idempotent. */
  release(body: Body): void {
    this.#bytes -= (this.#arriving.get(body) ?? 0) + (this.#whole.get(body) ?? 0)
    this.#arriving.delete(body)
    this.#whole.delete(body)
  }
}

function noRoom(): HttpProblem {
  return new HttpProblem(
    'OVERLOADED',
    'Other requests occupy all the memory for bodies. Try again; nothing was changed.',
    { headers: { connection: 'close' } },
  )
}
