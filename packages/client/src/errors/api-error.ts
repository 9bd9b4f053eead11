import type { ProblemPointer } from '@rollcall/protocol'
import { RegistryClientError } from './client-error.ts'

/** The registry responded with an error status. */
export class ApiError extends RegistryClientError {
  override readonly name = 'ApiError'
  /** HTTP status code. */
  readonly status: number
  /** Error code of the registry, such as `AGENT_NOT_FOUND`; `UNKNOWN` if the response has none. */
  readonly code: string
  /** Id of the request in the log of the registry; include it in bug reports. */
  readonly requestId: string | undefined
  /** The invalid fields of the request. */
  readonly errors: readonly ProblemPointer[]
  /** `Retry-After` in seconds, 0 or more; undefined if absent or invalid. */
  readonly retryAfterSeconds: number | undefined
  /** Only of `SUPERSEDED`: the number of the current instance. */
  readonly incarnation: number | undefined

  /** @internal */
  constructor(
    message: string,
    fields: {
      status: number
      code: string
      requestId?: string | undefined
      errors?: readonly ProblemPointer[] | undefined
      retryAfterSeconds?: number | undefined
      incarnation?: number | undefined
    },
  ) {
    super(message)
    this.status = fields.status
    this.code = fields.code
    this.requestId = fields.requestId
    this.errors = fields.errors ?? []
    this.retryAfterSeconds = fields.retryAfterSeconds
    this.incarnation = fields.incarnation
  }

  /**
   * Whether a retry may succeed: for server errors, timeouts (408) and too many requests (429). Not
   * for 501: a server that does not implement the call is not a registry.
   */
  get isTransient(): boolean {
    const { status } = this
    return (status >= 500 && status !== 501) || status === 429 || status === 408
  }
}

/** Checks for an {@link ApiError}, optionally with a specific code. */
export function isApiError(error: unknown, code?: string): error is ApiError {
  return error instanceof ApiError && (code === undefined || error.code === code)
}
