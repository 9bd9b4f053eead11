const MINUTE_MS = 60_000

/** Limits the lines that one log writes in a minute: what keeps recurring must not fill the disk. */
export class LineLimit {
  readonly #linesPerMinute: number
  /** When the lines of the last minute were written. */
  #lines: number[] = []

  constructor(linesPerMinute: number) {
    this.#linesPerMinute = linesPerMinute
  }

  /**
   * Counts a line if the limit allows it. Returns whether it does.
   *
   * @param now milliseconds of a monotonic clock
   */
  allows(now: number): boolean {
    this.#lines = this.#lines.filter((at) => now - at < MINUTE_MS)
    if (this.#lines.length >= this.#linesPerMinute) return false
    this.#lines.push(now)
    return true
  }
}
