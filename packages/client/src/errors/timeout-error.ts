import { RegistryClientError } from './client-error.ts'

/** The registry did not respond in time. */
export class TimeoutError extends RegistryClientError {
  override readonly name = 'TimeoutError'
  readonly isTransient = true
  /** The timeout that elapsed, in milliseconds. */
  readonly timeoutMs: number

  /** @internal */
  constructor(message: string, timeoutMs: number) {
    super(message)
    this.timeoutMs = timeoutMs
  }
}

/** Checks for a {@link TimeoutError}. */
export function isTimeoutError(error: unknown): error is TimeoutError {
  return error instanceof TimeoutError
}
