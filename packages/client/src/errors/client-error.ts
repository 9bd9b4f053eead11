/** What every error of this package has in common. */
export abstract class RegistryClientError extends Error {
  /** Whether the same call may work when it is made again later. */
  abstract readonly isTransient: boolean
}

/** Tells an error of this package from any other. */
export function isRegistryClientError(error: unknown): error is RegistryClientError {
  return error instanceof RegistryClientError
}
