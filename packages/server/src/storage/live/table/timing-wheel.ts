import type { TableLease } from './table-lease.ts'

/** Milliseconds per slot. Within its slot, a lease is checked against its exact deadline. */
const TICK_MS = 64
/** Number of slots, a power of two: 2048 × 64 ms cover 131 s. */
const SLOTS = 2048
const MASK = SLOTS - 1
/** Most leases that one call takes or moves: about 1 ms of work. */
const MAX_MOVES = 10_000

/**
 * Finds the leases that are due without scanning the others: a hashed timing wheel (Varghese and Lauck,
 * 1987) with lazy re-insertion. A heartbeat only writes the new deadline to the lease; when the wheel
 * reaches the slot of the old deadline, the lease moves to the slot of its current one. So a heartbeat
 * costs nothing here, and each lease is checked about once per TTL.
 */
export class TimingWheel {
  readonly #slots: TableLease[][] = Array.from({ length: SLOTS }, () => [])
  /** The first tick whose slot may still hold due leases. */
  #cursor: number

  constructor(now: number) {
    this.#cursor = tickOf(now)
  }

  /** Inserts a lease, or moves it to the slot of its current deadline. */
  place(lease: TableLease): void {
    if (lease.wheelTick !== -1) this.remove(lease)
    const furthest = this.#cursor + MASK
    const tick = Math.min(Math.max(tickOf(lease.deadline), this.#cursor), furthest)
    const slot = this.#slot(tick)
    lease.wheelTick = tick
    lease.wheelIndex = slot.length
    slot.push(lease)
  }

  /** Removes a lease, if it is in the wheel. */
  remove(lease: TableLease): void {
    if (lease.wheelTick === -1) return
    const slot = this.#slot(lease.wheelTick)
    const last = slot.pop() as TableLease
    if (last !== lease) {
      slot[lease.wheelIndex] = last
      last.wheelIndex = lease.wheelIndex
    }
    lease.wheelTick = -1
    lease.wheelIndex = -1
  }

  /**
   * Removes and returns at most `limit` leases that are past their deadline. The search also ends after
   * {@link MAX_MOVES}, so that one call stays short even when a million leases move to later slots.
   *
   * @returns the lapsed leases, and whether a limit ended the search: then call again
   */
  takeDue(now: number, limit: number): { lapsed: TableLease[]; more: boolean } {
    const lapsed: TableLease[] = []
    const target = tickOf(now)
    let moves = 0
    for (; ; this.#cursor++) {
      const slot = this.#slot(this.#cursor)
      for (let i = slot.length - 1; i >= 0; i--) {
        if (moves >= MAX_MOVES || lapsed.length >= limit) return { lapsed, more: true }
        const lease = slot[i] as TableLease
        if (lease.deadline <= now) {
          this.remove(lease)
          lapsed.push(lease)
          moves++
        } else if (tickOf(lease.deadline) !== this.#cursor) {
          this.place(lease)
          moves++
        }
        // Leases due later within the current slot stay and do not count as moves: stopping at them
        // would find the same leases on the next call.
      }
      if (this.#cursor >= target) return { lapsed, more: false }
    }
  }

  /** Yields the leases that are due but not taken yet. */
  *due(now: number): Generator<TableLease> {
    // The cursor may be ahead of `now`: leases are taken before their deadline while the brake is on.
    const last = Math.max(this.#cursor, Math.min(tickOf(now), this.#cursor + MASK))
    for (let tick = this.#cursor; tick <= last; tick++) {
      for (const lease of this.#slot(tick)) if (lease.deadline <= now) yield lease
    }
  }

  /** Returns how many leases are due but not taken yet. */
  countDue(now: number): number {
    let due = 0
    for (const _ of this.due(now)) due++
    return due
  }

  #slot(tick: number): TableLease[] {
    return this.#slots[tick & MASK] as TableLease[]
  }
}

/** Ticks since lease time 0; below 2^31 for 4300 years of lease time. */
function tickOf(leaseTime: number): number {
  return Math.floor(leaseTime / TICK_MS)
}
