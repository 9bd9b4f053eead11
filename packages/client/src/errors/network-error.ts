import { RegistryClientError } from './client-error.ts'

/** The registry is unreachable, or its response was incomplete or not JSON. */
export class NetworkError extends RegistryClientError {
  override readonly name = 'NetworkError'
  readonly isTransient = true

  /** System error code, such as `ECONNREFUSED`; undefined if there is none. */
  readonly code: string | undefined

  /** @internal */
  constructor(message: string, cause?: unknown) {
    super(message, { cause })
    this.code = systemCodeOf(cause)
  }
}

/** Searches the chain of causes: `fetch failed` has a cause, which has the code. */
function systemCodeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const code: unknown = Reflect.get(error, 'code')
  return typeof code === 'string' ? code : systemCodeOf(error.cause)
}

/** Checks for a {@link NetworkError}. */
export function isNetworkError(error: unknown): error is NetworkError {
  return error instanceof NetworkError
}
