import { RegistryClientError } from './client-error.ts'

/** The registry could not be reached, or its answer broke off or was not JSON. */
export class NetworkError extends RegistryClientError {
  override readonly name = 'NetworkError'
  readonly isTransient = true

  /** What the system said, such as `ECONNREFUSED`; undefined: nothing, or not in a code. */
  readonly code: string | undefined

  /** @internal */
  constructor(message: string, cause?: unknown) {
    super(message, { cause })
    this.code = codeIn(cause)
  }
}

/** Platforms wrap it: `fetch failed` has a cause, and that one the code. */
function codeIn(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const code: unknown = Reflect.get(error, 'code')
  return typeof code === 'string' ? code : codeIn(error.cause)
}

/** Tells a {@link NetworkError}. */
export function isNetworkError(error: unknown): error is NetworkError {
  return error instanceof NetworkError
}
