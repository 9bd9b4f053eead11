import type { TableLease } from './table/table-lease.ts'

/**
 * Leases whose last heartbeat is not written yet, each once. They are written in rounds: a round covers
 * what is waiting at its start, so that under constant heartbeats every lease gets written.
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

  /** Removes and returns leases to write now; their next heartbeat marks them unsaved again. */
  take(limit: number): TableLease[] {
    // From the end: removing from the front would move all remaining entries.
    const taken = this.#round.splice(-limit)
    for (const lease of taken) lease.unsaved = false
    return taken
  }
}
