type Read<T> = (signal: AbortSignal) => Promise<T>

/**
 * A read of which one runs at a time. All callers that come while it runs share the next one: it begins
 * after their calls, so they see what they would have seen alone. Of 4000 clients that came and went in a
 * second, each asked for the counts and the moment, and these small statements were most of what the
 * database did.
 */
export class SharedRead<T> {
  readonly #read: Read<T>
  #running: Turn<T> | undefined
  #next: Turn<T> | undefined

  /** @param read its signal is aborted when no caller waits for it any more */
  constructor(read: Read<T>) {
    this.#read = read
  }

  /** Reads now, or together with others as soon as it can. */
  get(signal?: AbortSignal): Promise<T> {
    if (signal?.aborted) return Promise.reject(signal.reason)
    this.#next ??= new Turn(this.#read)
    const result = this.#next.join(signal)
    if (this.#running === undefined) this.#beginNext()
    return result
  }

  #beginNext(): void {
    const turn = this.#next
    this.#next = undefined
    this.#running = turn
    turn?.run().then(() => this.#beginNext())
  }
}

/** One run of a shared read, and the callers that wait for it. */
class Turn<T> {
  readonly #read: Read<T>
  readonly #result = Promise.withResolvers<T>()
  #sharers = 0
  #abandon = new AbortController()

  constructor(read: Read<T>) {
    this.#read = read
    // All callers may have left: then a failure is not reported to any.
    this.#result.promise.catch(() => undefined)
  }

  join(signal: AbortSignal | undefined): Promise<T> {
    this.#sharers++
    const { promise } = this.#result
    if (signal === undefined) return promise
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        reject(signal.reason)
        if (--this.#sharers === 0) this.#abandon.abort(signal.reason)
      }
      signal.addEventListener('abort', leave, { once: true })
      promise.then(resolve, reject).then(() => signal.removeEventListener('abort', leave))
    })
  }

  /** Resolves when it has ended, however that is. */
  async run(): Promise<void> {
    if (this.#sharers === 0) return
    // Callers that left before it began do not concern the others.
    this.#abandon = new AbortController()
    await this.#read(this.#abandon.signal).then(this.#result.resolve, this.#result.reject)
  }
}
