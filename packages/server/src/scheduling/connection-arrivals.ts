let count = 0

/**
 * Notes that a connection was accepted. Node accepts one of each socket that listens in a round of the
 * event loop, so while they arrive, a round must be short: with rounds of 2 ms and one socket, the last of
 * 600 waited for 1.3 s, and with it the heartbeat that came on it.
 */
export function noteArrival(): void {
  count++
}

/** Whether connections arrived between two looks. */
export class ArrivalWatch {
  #seen = count

  /** Whether one arrived since this was last asked. */
  next(): boolean {
    const hasArrived = this.#seen !== count
    this.#seen = count
    return hasArrived
  }
}
