import { RegistryError, type RegistryErrorCode } from '../../../domain/registry-error.ts'

/** A statement that waits for its turn. */
interface Waiting {
  readonly proceed: () => void
}

/**
 * How many statements may run at once; the others wait in order. A statement that waits is given up
 * when its signal is aborted, when it has waited too long, or when too many wait already.
 */
export class ConnectionSlots {
  readonly #size: number
  readonly #most: number
  readonly #timeoutMs: number
  readonly #what: string
  readonly #code: RegistryErrorCode
  #used = 0
  /** In the order in which they came. */
  readonly #waiting = new Set<Waiting>()

  /**
   * @param options.size statements at once
   * @param options.mostWaiting statements that wait; beyond that they are refused
   * @param options.timeoutMs milliseconds that a statement waits at the most
   * @param options.what runs, in the plural, for messages
   * @param options.code of the error of those that find no place, or no turn in time
   */
  constructor(options: {
    size: number
    mostWaiting: number
    timeoutMs: number
    what: string
    code: 'OVERLOADED' | 'STORAGE_UNAVAILABLE'
  }) {
    this.#size = options.size
    this.#most = options.mostWaiting
    this.#timeoutMs = options.timeoutMs
    this.#what = options.what
    this.#code = options.code
  }

  /** Statements that run. */
  get used(): number {
    return this.#used
  }

  /** Statements that wait. */
  get waiting(): number {
    return this.#waiting.size
  }

  /**
   * Waits for a turn.
   *
   * @returns the function that ends it
   * @throws RegistryError with the code for this, or the reason of the signal
   */
  async take(signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted()
    if (this.#used < this.#size) this.#used++
    else await this.#wait(signal)
    let isTaken = true
    return () => {
      if (isTaken) this.#give()
      isTaken = false
    }
  }

  #wait(signal: AbortSignal | undefined): Promise<void> {
    if (this.#waiting.size >= this.#most) {
      throw new RegistryError(this.#code, `${this.#waiting.size} ${this.#what} wait already`)
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const entry = { proceed: resolve }
    const leave = (error: unknown): void => {
      if (this.#waiting.delete(entry)) reject(error)
    }
    const onAbort = (): void => leave(signal?.reason)
    const timer = setTimeout(() => {
      const busy = `${this.#used} ${this.#what} are under way`
      leave(new RegistryError(this.#code, `${busy}, and no turn came in ${this.#timeoutMs} ms`))
    }, this.#timeoutMs)
    timer.unref()
    signal?.addEventListener('abort', onAbort, { once: true })
    this.#waiting.add(entry)
    return promise.finally(() => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
    })
  }

  /** Hands the slot to whoever waits longest. */
  #give(): void {
    for (const entry of this.#waiting) {
      this.#waiting.delete(entry)
      entry.proceed()
      return
    }
    this.#used--
  }
}
