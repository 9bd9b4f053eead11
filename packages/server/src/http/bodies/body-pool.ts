import { HttpProblem } from '../responses/problem.ts'

/** A body that uses memory of a pool. */
export interface PooledBody {
  /** Fails the request with an error and frees the memory. */
  abort(problem: HttpProblem): void
}

/** Memory shared by bodies while they arrive and are processed. */
export class BodyPool<Body extends PooledBody> {
  readonly #limit: number
  readonly #rejected: () => void
  #bytes = 0
  /** In order of their last progress: a body that makes progress is moved to the end. */
  readonly #incoming = new Map<Body, number>()
  /** Complete bodies that are being processed. */
  readonly #complete = new Map<Body, number>()

  /**
   * @param options.limit total number of bytes
   * @param options.rejected called for each evicted body
   */
  constructor(options: { limit: number; rejected: () => void }) {
    this.#limit = options.limit
    this.#rejected = options.rejected
  }

  /** Bytes in use. */
  get bytes(): number {
    return this.#bytes
  }

  /** Bodies that are not complete. */
  get incoming(): Iterable<Body> {
    return this.#incoming.keys()
  }

  /**
   * Reserves memory for a body that has made progress. If there is none left, the bodies that have been
   * silent the longest are evicted: those of an attacker stall, those of an honest client proceed.
   *
   * @param bytes the total size of the body from now on
   * @throws HttpProblem `OVERLOADED` if all other bodies are complete and being processed
   */
  occupy(body: Body, bytes: number): void {
    const before = this.#incoming.get(body) ?? 0
    this.#incoming.delete(body)
    this.#bytes += bytes - before
    this.#incoming.set(body, bytes)
    for (const silent of this.#incoming.keys()) {
      if (this.#bytes <= this.#limit || silent === body) break
      this.release(silent)
      this.#rejected()
      silent.abort(memoryExhausted())
    }
    if (this.#bytes <= this.#limit) return
    this.release(body)
    this.#rejected()
    throw memoryExhausted()
  }

  /** Keeps the memory of a body that is now complete reserved until {@link release}. */
  retain(body: Body): void {
    const bytes = this.#incoming.get(body)
    if (bytes === undefined) return
    this.#incoming.delete(body)
    this.#complete.set(body, bytes)
  }

  /** Frees the memory of a body. Idempotent. */
  release(body: Body): void {
    this.#bytes -= (this.#incoming.get(body) ?? 0) + (this.#complete.get(body) ?? 0)
    this.#incoming.delete(body)
    this.#complete.delete(body)
  }
}

function memoryExhausted(): HttpProblem {
  return new HttpProblem(
    'OVERLOADED',
    'Other requests use all the memory for bodies. Try again; nothing was changed.',
    { headers: { connection: 'close' } },
  )
}
