import { RegistryClientError } from './client-error.ts'

/** The registry could not be reached, or its answer broke off or was not JSON. */
export class NetworkError extends RegistryClientError {
  override readonly name = 'NetworkError'
  readonly isTransient = true

  /** @internal */
  constructor(message: string, cause?: unknown) {
    super(message, { cause })
  }
}

/** Tells a {@link NetworkError}. */
export function isNetworkError(error: unknown): error is NetworkError {
  return error instanceof NetworkError
}
