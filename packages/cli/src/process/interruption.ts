/** Why a call ended that Ctrl-C or SIGTERM ended: for a command that waits for it, no failure. */
export class Interruption extends Error {
  override readonly name = 'Interruption'
}

/**
 * A signal that is aborted by Ctrl-C or SIGTERM, for commands that go on until then: to be stopped
 * is how they end, so it is no failure.
 */
export function interruption(): AbortSignal {
  const ending = new AbortController()
  const end = (): void => {
    // A second one ends the process as if nobody listened.
    process.off('SIGINT', end).off('SIGTERM', end)
    ending.abort(new Interruption())
  }
  process.on('SIGINT', end).on('SIGTERM', end)
  return ending.signal
}
