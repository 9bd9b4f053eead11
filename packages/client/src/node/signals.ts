const SIGNALS = ['SIGTERM', 'SIGINT'] as const

/** Closed together, by one handler for each signal, however many there are. */
const closables = new Set<{ close(): Promise<void> }>()

/**
 * Closes an agent when the process is asked to end (SIGTERM, SIGINT). A process whose program has no
 * handler of its own for the signal then ends by it, as it would have; one that has, ends when that
 * handler says so, and the agent has left the registry, or is about to, when it runs. To be sure that
 * the goodbye comes first, call `agent.close()` in the handler itself instead of this.
 *
 * @returns the function that takes it back
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
  // Now: a handler that the program gave to `once` is gone when the agents are closed.
  const programDecides = process.listenerCount(signal) > 1
  // The same signal again ends the process at once, from here on.
  unlisten()
  const closing = [...closables].map((agent) => agent.close())
  closables.clear()
  await Promise.allSettled(closing)
  if (!programDecides) process.kill(process.pid, signal)
}

function listen(): void {
  // First, before those that `once` takes off when it calls them.
  for (const signal of SIGNALS) process.prependListener(signal, closeAll)
}

function unlisten(): void {
  for (const signal of SIGNALS) process.off(signal, closeAll)
}
