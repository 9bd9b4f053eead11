import type { ClientClock } from '../../src/clock.ts'

/** A pending timer. */
export interface PendingTimer {
  readonly ms: number
  readonly dueAt: number
  readonly keepsAlive: boolean
  readonly callback: () => void
}

/** A clock that advances only when a test moves it, with a fixed random value. */
export class ManualClientClock implements ClientClock {
  /** The value that `random` returns. */
  randomValue = 0.5
  #now = 1000
  readonly #timers = new Set<PendingTimer>()
  #onTimer = Promise.withResolvers<void>()

  readonly now = (): number => this.#now

  readonly random = (): number => this.randomValue

  readonly setTimer = (callback: () => void, ms: number, keepsAlive: boolean): (() => void) => {
    const timer = { ms, dueAt: this.#now + ms, keepsAlive, callback }
    this.#timers.add(timer)
    this.#onTimer.resolve()
    this.#onTimer = Promise.withResolvers()
    return () => this.#timers.delete(timer)
  }

  /** Pending timers, earliest first. */
  get timers(): PendingTimer[] {
    return [...this.#timers].sort((a, b) => a.dueAt - b.dueAt)
  }

  /** Resolves with the next timer as soon as one is pending. */
  async nextTimer(): Promise<PendingTimer> {
    for (;;) {
      const [first] = this.timers
      if (first) return first
      await this.#onTimer.promise
    }
  }

  /** Advances the time to the next timer and fires it. Returns its delay in milliseconds. */
  async fireNext(): Promise<number> {
    const { ms, dueAt } = await this.nextTimer()
    this.advance(dueAt - this.#now)
    return ms
  }

  /** Advances the time, and fires each timer that is due at its own time. */
  advance(ms: number): void {
    const end = this.#now + ms
    for (;;) {
      const [first] = this.timers
      if (first === undefined || first.dueAt > end) break
      this.#now = Math.max(this.#now, first.dueAt)
      this.#timers.delete(first)
      first.callback()
    }
    this.#now = end
  }
}
