import type { ClientClock } from '../clock.ts'

/** Resolves after a while, or as soon as the signal is aborted. */
export function pauseFor(
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
