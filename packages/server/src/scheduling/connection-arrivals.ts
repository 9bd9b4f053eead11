let count = 0

/**
 * Records that a connection was accepted. Node accepts one connection per listening socket in each
 * iteration of the event loop, so iterations must be short while connections arrive: with iterations of
 * 2 ms and one socket, the last of 600 connections waited for 1.3 s, and so did the heartbeat on it.
 */
export function noteArrival(): void {
  count++
}

/** Detects whether connections arrived between two checks. */
export class ArrivalWatch {
  #seen = count

  /** Returns whether a connection arrived since the last call. */
  next(): boolean {
    const hasArrived = this.#seen !== count
    this.#seen = count
    return hasArrived
  }
}
