import { ArrivalWatch } from '../../../scheduling/connection-arrivals.ts'
import type { ConnectionSlots } from './connection-slots.ts'

/** The longest pause after a read, in milliseconds. */
const LONGEST_PAUSE_MS = 250

/**
 * Limits how many reads that take long run at once. While connections arrive, a read is followed by a
 * pause of the same length: the database then has half of its time for everything else. Beside all that
 * clients can do at once, on two processors, the slowest hundredth of the heartbeats took 64 to 83 ms with
 * the pause, and 95 to 140 ms without.
 */
export class LongReads {
  readonly #slots: ConnectionSlots

  constructor(slots: ConnectionSlots) {
    this.#slots = slots
  }

  /** Reads that wait for their turn. */
  get waiting(): number {
    return this.#slots.waiting
  }

  /** @throws as of {@link ConnectionSlots.take}, and what the read throws */
  async run<T>(read: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    const giveBack = await this.#slots.take(signal)
    const arrivals = new ArrivalWatch()
    const began = performance.now()
    try {
      return await read()
    } finally {
      const pauseMs = Math.min(performance.now() - began, LONGEST_PAUSE_MS)
      if (arrivals.next()) setTimeout(giveBack, pauseMs).unref()
      else giveBack()
    }
  }
}
