import type { TableLease } from './table-lease.ts'

/** Milliseconds of one slot. A lease is looked at in the slot of its deadline, to the ms. */
const TICK_MS = 64
/** Slots of the ring, a power of two: 2048 × 64 ms look 131 s ahead. */
const SLOTS = 2048
const MASK = SLOTS - 1
/** Leases that one call takes or moves: about 1 ms of work. */
const MAX_MOVES = 10_000

/**
 * Finds the leases that are due without looking at the others: a hashed timing wheel (Varghese
 * and Lauck, 1987) with lazy re-insertion. A heartbeat only writes the new deadline into the
 * lease; when the slot of the old one comes round, the lease moves to the slot of its present
 * deadline. So a heartbeat costs nothing here, and each lease is looked at about once a TTL.
 */
export class TimingWheel {
  readonly #slots: TableLease[][] = Array.from({ length: SLOTS }, () => [])
  /** The first tick whose slot is not empty of due leases yet. */
  #cursor: number

  constructor(now: number) {
    this.#cursor = tickOf(now)
  }

  /** Takes a lease in, or moves it to the slot of its present deadline. */
  place(lease: TableLease): void {
    if (lease.wheelTick !== -1) this.remove(lease)
    const furthest = this.#cursor + MASK
    const tick = Math.min(Math.max(tickOf(lease.deadline), this.#cursor), furthest)
    const slot = this.#slot(tick)
    lease.wheelTick = tick
    lease.wheelIndex = slot.length
    slot.push(lease)
  }

  /** Forgets a lease; nothing happens when it is not here. */
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
   * Takes out the leases whose deadline has come, at most `limit`. The search also ends after
   * many moves, so that one call stays short even when a million leases move on.
   *
   * @returns the lapsed ones, and whether a limit ended the search: then call again
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
        // What is due later in the slot of this moment stays, and does not count: to stop at it
        // and be called again would find the same leases again.
      }
      if (this.#cursor >= target) return { lapsed, more: false }
    }
  }

  /** The leases that are due but not taken yet. */
  *due(now: number): Generator<TableLease> {
    const last = Math.min(tickOf(now), this.#cursor + MASK)
    for (let tick = this.#cursor; tick <= last; tick++) {
      for (const lease of this.#slot(tick)) if (lease.deadline <= now) yield lease
    }
  }

  /** How many they are. */
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
