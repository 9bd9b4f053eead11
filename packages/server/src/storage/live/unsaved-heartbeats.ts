import type { TableLease } from './table/table-lease.ts'

/**
 * Leases whose last heartbeat is not written down yet, each once. They are written in rounds: a
 * round takes what waits at its beginning, so that under constant heartbeats each gets its turn.
 */
export class UnsavedHeartbeats {
  #waiting: TableLease[] = []
  #round: TableLease[] = []

  get size(): number {
    return this.#waiting.length + this.#round.length
  }

  get roundIsDone(): boolean {
    return this.#round.length === 0
  }

  add(lease: TableLease): void {
    if (lease.unsaved) return
    lease.unsaved = true
    this.#waiting.push(lease)
  }

  beginRound(): void {
    this.#round = this.#round.length === 0 ? this.#waiting : this.#round.concat(this.#waiting)
    this.#waiting = []
  }

  /** Takes some of the round, to be written now; their next heartbeat counts as unsaved again. */
  take(limit: number): TableLease[] {
    // From the end: taking from the front would move the whole rest each time.
    const taken = this.#round.splice(-limit)
    for (const lease of taken) lease.unsaved = false
    return taken
  }
}
