import { RegistryError } from '../../domain/registry-error.ts'

/** Whether the last write to the journal worked, and how many did not. */
export class StoreHealth {
  #trouble: RegistryError | undefined
  #failures = 0

  /** Why the last write failed; undefined once one succeeds again. */
  get trouble(): RegistryError | undefined {
    return this.#trouble
  }

  get failures(): number {
    return this.#failures
  }

  /** @throws RegistryError `STORAGE_UNAVAILABLE` when the write fails */
  async attempt(write: Promise<void>): Promise<void> {
    try {
      await write
      this.#trouble = undefined
    } catch (cause) {
      this.#failures++
      this.#trouble =
        cause instanceof RegistryError
          ? cause
          : new RegistryError('STORAGE_UNAVAILABLE', String(cause), { cause })
      throw this.#trouble
    }
  }
}
