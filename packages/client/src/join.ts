import { retryDelayMs } from './agent/backoff.ts'
import type { ClientClock } from './clock.ts'
import { isRegistryClientError } from './errors/client-error.ts'
import { joinFailure } from './errors/join-failure.ts'
import { sleep } from './transport/sleep.ts'

const DEFAULT_JOIN_TIMEOUT_MS = 30_000
const MAX_DELAY_MS = 5000

/**
 * Registers, and retries while the registry is unreachable.
 *
 * @param options.joinTimeoutMs milliseconds until it gives up; default 30 000
 * @param options.failed called for each failure that is retried
 * @throws an error that is not transient, immediately; the last error after the timeout, without a
 *   stack trace; the abort reason of the signal
 */
export async function joinRegistry(
  register: () => Promise<unknown>,
  options: {
    clock: ClientClock
    signal: AbortSignal | undefined
    joinTimeoutMs: number | undefined
    failed: (error: unknown) => void
  },
): Promise<void> {
  const { clock, signal } = options
  const startedAt = clock.now()
  const deadline = startedAt + (options.joinTimeoutMs ?? DEFAULT_JOIN_TIMEOUT_MS)
  for (let failures = 1; ; failures++) {
    try {
      await register()
      return
    } catch (error) {
      signal?.throwIfAborted()
      if (!isRegistryClientError(error)) throw error
      if (!error.isTransient) throw joinFailure(error)
      const random = clock.random()
      const delayMs = retryDelayMs(error, { failures, maxMs: MAX_DELAY_MS, random })
      if (clock.now() + delayMs > deadline) throw joinFailure(error, clock.now() - startedAt)
      options.failed(error)
      await sleep(clock, delayMs, signal)
    }
  }
}
