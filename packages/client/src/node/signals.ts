const SIGNALS = ['SIGTERM', 'SIGINT'] as const

/** Agents to close together. They share one handler per signal. */
const closables = new Set<{ close(): Promise<void> }>()

/**
 * Closes an agent on SIGTERM and SIGINT. If the program has no handler of its own for the signal,
 * the process then terminates by that signal, as it would by default. If it has one, the program
 * decides when to exit; its handler runs while the agent is being closed. To deregister before
 * anything else, call `agent.close()` in your handler instead.
 *
 * @returns a function that removes the agent again
 */
export function closeOnSignals(agent: { close(): Promise<void> }): () => void {
  if (closables.size === 0) listen()
  closables.add(agent)
  return () => {
    closables.delete(agent)
    if (closables.size === 0) unlisten()
  }
}

async function closeAll(signal: NodeJS.Signals): Promise<void> {
  // Counted before closing: a handler registered with `once` is removed by the time that is done.
  const programDecides = process.listenerCount(signal) > 1
  // From here on, a second signal terminates the process immediately.
  unlisten()
  const closing = [...closables].map((agent) => agent.close())
  closables.clear()
  await Promise.allSettled(closing)
  if (!programDecides) process.kill(process.pid, signal)
}

function listen(): void {
  // Runs first, before `once` removes the handlers of the program.
  for (const signal of SIGNALS) process.prependListener(signal, closeAll)
}

function unlisten(): void {
  for (const signal of SIGNALS) process.off(signal, closeAll)
}
