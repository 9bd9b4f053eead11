import type { ClientClock } from '../../src/clock.ts'

/** A timer that waits for its time. */
export interface WaitingTimer {
  readonly ms: number
  readonly dueAt: number
  readonly keepsAlive: boolean
  readonly callback: () => void
}

/** A clock that stands still until a test moves it, with chance as the test likes it. */
export class ManualClientClock implements ClientClock {
  /** What `random` answers. */
  chance = 0.5
  #now = 1000
  readonly #timers = new Set<WaitingTimer>()
  #onTimer = Promise.withResolvers<void>()

  readonly now = (): number => this.#now

  readonly random = (): number => this.chance

  readonly setTimer = (callback: () => void, ms: number, keepsAlive: boolean): (() => void) => {
    const timer = { ms, dueAt: this.#now + ms, keepsAlive, callback }
    this.#timers.add(timer)
    this.#onTimer.resolve()
    this.#onTimer = Promise.withResolvers()
    return () => this.#timers.delete(timer)
  }

  /** Those that wait, the next one first. */
  get timers(): WaitingTimer[] {
    return [...this.#timers].sort((a, b) => a.dueAt - b.dueAt)
  }

  /** The next timer, as soon as somebody waits. */
  async timer(): Promise<WaitingTimer> {
    for (;;) {
      const [first] = this.timers
      if (first) return first
      await this.#onTimer.promise
    }
  }

  /** Moves the time on to the next timer and lets it ring. Returns the milliseconds it waited. */
  async ring(): Promise<number> {
    const { ms, dueAt } = await this.timer()
    this.advance(dueAt - this.#now)
    return ms
  }

  /** Moves the time, and rings every timer on the way at its own time. */
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
