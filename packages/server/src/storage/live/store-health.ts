import { RegistryError } from '../../domain/registry-error.ts'
import { SingleFlight } from '../../scheduling/single-flight.ts'

/** Milliseconds between two checks of a store. */
const CHECK_INTERVAL_MS = 1000

/** Tracks whether the store is writable, by its last write and by a check once a second. */
export class StoreHealth {
  #failedWrite: RegistryError | undefined
  #failedCheck: RegistryError | undefined
  #failures = 0
  #timer: NodeJS.Timeout | undefined

  /** The error of the last write or check; undefined once it succeeds again. */
  get lastError(): RegistryError | undefined {
    return this.#failedCheck ?? this.#failedWrite
  }

  get failures(): number {
    return this.#failures
  }

  /** Awaits a write and records its outcome. @throws RegistryError `STORAGE_UNAVAILABLE` if it fails */
  async attempt(write: Promise<void>): Promise<void> {
    try {
      await write
      this.#failedWrite = undefined
    } catch (cause) {
      this.#failures++
      this.#failedWrite = unavailable(cause)
      throw this.#failedWrite
    }
  }

  /**
   * Checks the store once a second, and retries a write when the last one failed: behind a load balancer
   * that sends no requests to a registry that is not ready, nothing else would detect the recovery.
   */
  watch(store: { check: () => Promise<void>; retry: () => Promise<void> }): void {
    const checks = new SingleFlight(() => this.#check(store))
    this.#timer = setInterval(() => void checks.run(), CHECK_INTERVAL_MS).unref()
  }

  /** Stops the checks. */
  close(): void {
    clearInterval(this.#timer)
  }

  async #check(store: { check: () => Promise<void>; retry: () => Promise<void> }): Promise<void> {
    try {
      await store.check()
      this.#failedCheck = undefined
    } catch (cause) {
      this.#failedCheck = unavailable(cause)
      return
    }
    if (this.#failedWrite) await store.retry()
  }
}

function unavailable(cause: unknown): RegistryError {
  return cause instanceof RegistryError
    ? cause
    : new RegistryError('STORAGE_UNAVAILABLE', String(cause), { cause })
}
