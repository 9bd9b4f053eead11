const MICROSECONDS_PER_MS = 1000

/** Measures how much of a processor the process has had. */
export class ProcessorUse {
  #usedMs = usedMs()
  #takenAt = performance.now()

  /** Returns the processors that were in use on average since the last call; more than 1 with several threads. */
  take(): number {
    const [used, now] = [usedMs(), performance.now()]
    const processors = (used - this.#usedMs) / (now - this.#takenAt)
    this.#usedMs = used
    this.#takenAt = now
    return processors
  }
}

/** Milliseconds of processor time since the start of the process. */
function usedMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / MICROSECONDS_PER_MS
}
