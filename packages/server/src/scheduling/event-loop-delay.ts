import { monitorEventLoopDelay } from 'node:perf_hooks'

/** Milliseconds between two measurements; a delay is what is above it. */
const RESOLUTION_MS = 10
const NS_PER_MS = 1e6

/** Measures how late the event loop is: what a request waits before its handler can begin. */
export class EventLoopDelay {
  readonly #histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })

  constructor() {
    this.#histogram.enable()
  }

  /** Returns the mean delay in milliseconds since the last call; undefined: nothing was measured since. */
  take(): number | undefined {
    const { count, mean } = this.#histogram
    if (count === 0) return undefined
    this.#histogram.reset()
    return Math.max(0, mean / NS_PER_MS - RESOLUTION_MS)
  }

  /** Stops measuring. */
  close(): void {
    this.#histogram.disable()
  }
}
