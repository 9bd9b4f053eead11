import type { ProblemPointer } from '@rollcall/protocol'
import { RegistryClientError } from './client-error.ts'

/** The registry answered, and refused. */
export class ApiError extends RegistryClientError {
  override readonly name = 'ApiError'
  /** Of the HTTP answer. */
  readonly status: number
  /** Of the registry's table of errors, such as `AGENT_NOT_FOUND`; `UNKNOWN` when it gave none. */
  readonly code: string
  /** To be named when the failure is reported. */
  readonly requestId: string | undefined
  /** The places in the request that are wrong. */
  readonly errors: readonly ProblemPointer[]
  /** Seconds after which the registry asks to try again; undefined when it did not say. */
  readonly retryAfterSeconds: number | undefined

  /** @internal */
  constructor(
    message: string,
    fields: {
      status: number
      code: string
      requestId?: string | undefined
      errors?: readonly ProblemPointer[] | undefined
      retryAfterSeconds?: number | undefined
    },
  ) {
    super(message)
    this.status = fields.status
    this.code = fields.code
    this.requestId = fields.requestId
    this.errors = fields.errors ?? []
    this.retryAfterSeconds = fields.retryAfterSeconds
  }

  /**
   * A failure of the server, or too many requests; anything else would be refused again. So would what
   * the server does not implement (501): it is no registry.
   */
  get isTransient(): boolean {
    const { status } = this
    return (status >= 500 && status !== 501) || status === 429 || status === 408
  }
}

/** Tells an {@link ApiError}, of one code if it is given. */
export function isApiError(error: unknown, code?: string): error is ApiError {
  return error instanceof ApiError && (code === undefined || error.code === code)
}
