import { HOLD_LEAD_MS } from '../../../domain/expiry-brake.ts'
import { type LeaseTime, later } from '../../../domain/time-scales.ts'
import type { TableLease } from './table-lease.ts'
import { TimingWheel } from './timing-wheel.ts'

/** The leases of a table by deadline. A lease must be removed before it becomes suspect, or ceases to be. */
export class LeaseDeadlines {
  readonly #wheel: TimingWheel
  /** Suspects. Apart from the others, which are taken before their deadline while the brake is on. */
  readonly #heldWheel: TimingWheel

  constructor(now: LeaseTime) {
    this.#wheel = new TimingWheel(now)
    this.#heldWheel = new TimingWheel(now)
  }

  /** Inserts a lease, or moves it to its current deadline. */
  place(lease: TableLease): void {
    this.#wheelOf(lease).place(lease)
  }

  /** Removes a lease, if it is there. */
  remove(lease: TableLease): void {
    this.#wheelOf(lease).remove(lease)
  }

  /**
   * Removes and returns leases that are past their deadline; see `TimingWheel.takeDue`.
   *
   * @param options.isBraked while the brake on mass expiry is on, leases that are not suspect are due
   *   shortly before their deadline
   */
  takeDue(
    now: LeaseTime,
    limit: number,
    { isBraked }: { isBraked: boolean },
  ): { lapsed: TableLease[]; more: boolean } {
    const held = this.#heldWheel.takeDue(now, limit)
    const dueBy = isBraked ? later(now, HOLD_LEAD_MS) : now
    const due = this.#wheel.takeDue(dueBy, limit - held.lapsed.length)
    const lapsed = held.lapsed.length === 0 ? due.lapsed : [...held.lapsed, ...due.lapsed]
    return { lapsed, more: held.more || due.more }
  }

  /** Yields the leases that are past their deadline and not taken yet. */
  *due(now: LeaseTime): Generator<TableLease> {
    yield* this.#wheel.due(now)
    yield* this.#heldWheel.due(now)
  }

  /** Returns how many leases are past their deadline and not taken yet. */
  countDue(now: LeaseTime): number {
    return this.#wheel.countDue(now) + this.#heldWheel.countDue(now)
  }

  #wheelOf(lease: TableLease): TimingWheel {
    return lease.suspect ? this.#heldWheel : this.#wheel
  }
}
