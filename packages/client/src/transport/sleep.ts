import type { ClientClock } from '../clock.ts'

/** Resolves after a delay in milliseconds, or as soon as the signal is aborted. Never rejects. */
export function sleep(
  clock: ClientClock,
  ms: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      cancel()
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const cancel = clock.setTimer(done, ms, true)
    signal?.addEventListener('abort', done)
    if (signal?.aborted) done()
  })
}
