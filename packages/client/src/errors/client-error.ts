/** The base class of all errors of this package. */
export abstract class RegistryClientError extends Error {
  /** Whether the same call may succeed if it is retried later. */
  abstract readonly isTransient: boolean
}

/** Checks for an error of this package. */
export function isRegistryClientError(error: unknown): error is RegistryClientError {
  return error instanceof RegistryClientError
}
