import { RegistryClientError } from './client-error.ts'

/** The registry did not answer in time. */
export class TimeoutError extends RegistryClientError {
  override readonly name = 'TimeoutError'
  readonly isTransient = true
  /** Milliseconds that it waited. */
  readonly timeoutMs: number

  /** @internal */
  constructor(message: string, timeoutMs: number) {
    super(message)
    this.timeoutMs = timeoutMs
  }
}

/** Tells a {@link TimeoutError}. */
export function isTimeoutError(error: unknown): error is TimeoutError {
  return error instanceof TimeoutError
}
