import { RegistryError, type RegistryErrorCode } from '../../../domain/registry-error.ts'

/** A statement that waits for its turn. */
interface Waiting {
  readonly proceed: () => void
}

/**
 * Limits how many statements run at once; the others wait in order. A waiting statement fails when its
 * signal is aborted, or when it has waited too long. Statements beyond the queue limit are refused.
 */
export class ConnectionSlots {
  readonly #size: number
  readonly #maxWaiting: number
  readonly #timeoutMs: number
  readonly #what: string
  readonly #code: RegistryErrorCode
  #used = 0
  /** In order of arrival. */
  readonly #waiting = new Set<Waiting>()

  /**
   * @param options.size statements at once
   * @param options.maxWaiting most waiting statements; further ones are refused
   * @param options.timeoutMs most milliseconds that a statement waits
   * @param options.what plural noun for what runs, for messages
   * @param options.code error code for refusals and timeouts
   */
  constructor(options: {
    size: number
    maxWaiting: number
    timeoutMs: number
    what: string
    code: 'OVERLOADED' | 'STORAGE_UNAVAILABLE'
  }) {
    this.#size = options.size
    this.#maxWaiting = options.maxWaiting
    this.#timeoutMs = options.timeoutMs
    this.#what = options.what
    this.#code = options.code
  }

  /** Number of running statements. */
  get used(): number {
    return this.#used
  }

  /** Number of waiting statements. */
  get waiting(): number {
    return this.#waiting.size
  }

  /**
   * Waits for a slot.
   *
   * @returns a function that releases the slot
   * @throws RegistryError with the configured code, or the reason of the signal
   */
  async acquire(signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted()
    if (this.#used < this.#size) this.#used++
    else await this.#wait(signal)
    let isHeld = true
    return () => {
      if (isHeld) this.#release()
      isHeld = false
    }
  }

  #wait(signal: AbortSignal | undefined): Promise<void> {
    if (this.#waiting.size >= this.#maxWaiting) {
      throw new RegistryError(this.#code, `${this.#waiting.size} ${this.#what} are already waiting`)
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const entry = { proceed: resolve }
    const abandon = (error: unknown): void => {
      if (this.#waiting.delete(entry)) reject(error)
    }
    const onAbort = (): void => abandon(signal?.reason)
    const timer = setTimeout(() => {
      const busy = `${this.#used} ${this.#what} are running`
      abandon(
        new RegistryError(
          this.#code,
          `${busy}, and no slot became free within ${this.#timeoutMs} ms`,
        ),
      )
    }, this.#timeoutMs)
    timer.unref()
    signal?.addEventListener('abort', onAbort, { once: true })
    this.#waiting.add(entry)
    return promise.finally(() => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
    })
  }

  /** Passes the slot to the statement that has waited longest. */
  #release(): void {
    for (const entry of this.#waiting) {
      this.#waiting.delete(entry)
      entry.proceed()
      return
    }
    this.#used--
  }
}
