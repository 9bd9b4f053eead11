/**
 * Closes an agent when the process is asked to end (SIGTERM, SIGINT), and then lets it end as it
 * would have. Only what is closed here waits; call it for nothing that you close yourself.
 *
 * @returns the function that takes it back
 */
export function closeOnSignals(agent: { close(): Promise<void> }): () => void {
  const close = async (signal: NodeJS.Signals): Promise<void> => {
    takeBack()
    await agent.close()
    // Nobody else listens any more, so now it does what it does by default.
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal)
  }
  const takeBack = (): void => {
    process.off('SIGTERM', close).off('SIGINT', close)
  }
  process.on('SIGTERM', close).on('SIGINT', close)
  return takeBack
}
