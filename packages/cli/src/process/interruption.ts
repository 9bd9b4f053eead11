/** The abort reason after Ctrl-C or SIGTERM; not a failure for a command that runs until then. */
export class Interruption extends Error {
  override readonly name = 'Interruption'
}

/**
 * Returns a signal that is aborted by Ctrl-C or SIGTERM, for commands that run until they are
 * stopped.
 */
export function interruptSignal(): AbortSignal {
  const ending = new AbortController()
  const end = (): void => {
    // A second signal terminates the process as by default.
    process.off('SIGINT', end).off('SIGTERM', end)
    ending.abort(new Interruption())
  }
  process.on('SIGINT', end).on('SIGTERM', end)
  return ending.signal
}
