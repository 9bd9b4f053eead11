import { pauseAfter } from './agent/backoff.ts'
import type { ClientClock } from './clock.ts'
import { isRegistryClientError } from './errors/client-error.ts'
import { joinFailure } from './errors/join-failure.ts'
import { pauseFor } from './transport/pause.ts'

/** Milliseconds that it is tried before it is given up. */
const JOIN_LIMIT_MS = 30_000
const LONGEST_PAUSE_MS = 5000

/**
 * Registers, however often the registry cannot be reached.
 *
 * @param options.joinTimeoutMs milliseconds to try; default 30 000
 * @param options.failed called for each failure after which it is tried again
 * @throws what would be thrown again, at once; the last failure when the time is over, without a stack;
 *   the reason of the signal
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
  const began = clock.now()
  const deadline = began + (options.joinTimeoutMs ?? JOIN_LIMIT_MS)
  for (let failures = 1; ; failures++) {
    try {
      await register()
      return
    } catch (error) {
      signal?.throwIfAborted()
      if (!isRegistryClientError(error)) throw error
      if (!error.isTransient) throw joinFailure(error)
      const random = clock.random()
      const pause = pauseAfter(error, { failures, mostMs: LONGEST_PAUSE_MS, random })
      if (clock.now() + pause > deadline) throw joinFailure(error, clock.now() - began)
      options.failed(error)
      await pauseFor(clock, pause, signal)
    }
  }
}
