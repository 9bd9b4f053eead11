import { ArrivalWatch } from '../../../scheduling/connection-arrivals.ts'
import type { ConnectionSlots } from './connection-slots.ts'

/** Longest pause after a read, in milliseconds. */
const LONGEST_PAUSE_MS = 250

/**
 * Limits how many long reads run at once. While new connections arrive, each read is followed by a pause of
 * the same length, which leaves the database half of its time for everything else. Under full client load
 * on two cores, the p99 latency of heartbeats was 64 to 83 ms with the pause, and 95 to 140 ms without.
 */
export class LongReads {
  readonly #slots: ConnectionSlots

  constructor(slots: ConnectionSlots) {
    this.#slots = slots
  }

  /** Number of waiting reads. */
  get waiting(): number {
    return this.#slots.waiting
  }

  /** Runs a read. @throws as {@link ConnectionSlots.acquire}, and the errors of the read */
  async run<T>(read: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    const release = await this.#slots.acquire(signal)
    const arrivals = new ArrivalWatch()
    const startedAt = performance.now()
    try {
      return await read()
    } finally {
      const pauseMs = Math.min(performance.now() - startedAt, LONGEST_PAUSE_MS)
      if (arrivals.next()) setTimeout(release, pauseMs).unref()
      else release()
    }
  }
}
