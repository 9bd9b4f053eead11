type Read<T> = (signal: AbortSignal) => Promise<T>

/**
 * A read that runs once at a time. All callers that arrive while it runs share the next run: it starts
 * after their calls, so they see what a separate read would have seen. With 4000 short-lived clients per
 * second, each of which read the counts and the moment, these small statements were most of the load on the
 * database.
 */
export class SharedRead<T> {
  readonly #read: Read<T>
  #running: SharedRun<T> | undefined
  #next: SharedRun<T> | undefined

  /** @param read its signal is aborted when no caller waits for it any longer */
  constructor(read: Read<T>) {
    this.#read = read
  }

  /** Reads now, or together with other callers in the next run. */
  get(signal?: AbortSignal): Promise<T> {
    if (signal?.aborted) return Promise.reject(signal.reason)
    this.#next ??= new SharedRun(this.#read)
    const result = this.#next.join(signal)
    if (this.#running === undefined) this.#startNext()
    return result
  }

  #startNext(): void {
    const run = this.#next
    this.#next = undefined
    this.#running = run
    void run?.run().then(() => this.#startNext())
  }
}

/** One run of a shared read, and the callers that wait for it. */
class SharedRun<T> {
  readonly #read: Read<T>
  readonly #result = Promise.withResolvers<T>()
  #callers = 0
  #abandon = new AbortController()

  constructor(read: Read<T>) {
    this.#read = read
    // If all callers have left, a failure has no handler.
    this.#result.promise.catch(() => undefined)
  }

  join(signal: AbortSignal | undefined): Promise<T> {
    this.#callers++
    const { promise } = this.#result
    if (signal === undefined) return promise
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        reject(signal.reason)
        if (--this.#callers === 0) this.#abandon.abort(signal.reason)
      }
      signal.addEventListener('abort', leave, { once: true })
      promise.then(resolve, reject).then(() => signal.removeEventListener('abort', leave))
    })
  }

  /** Runs the read. Resolves when it has ended, even if it failed. */
  async run(): Promise<void> {
    if (this.#callers === 0) return
    // A new controller: the old one is aborted if all earlier callers left before others joined.
    this.#abandon = new AbortController()
    await this.#read(this.#abandon.signal).then(this.#result.resolve, this.#result.reject)
  }
}
