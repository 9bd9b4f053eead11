/** Measures how long requests wait for their turn, other than pipelined ones, whose clients make them wait themselves. */
export class RequestWaits {
  #count = 0
  #sumMs = 0

  add(milliseconds: number): void {
    this.#count++
    this.#sumMs += milliseconds
  }

  /** Returns the mean in milliseconds of those that had to wait since the last call; 0: none had to. */
  take(): number {
    const mean = this.#count === 0 ? 0 : this.#sumMs / this.#count
    this.#count = 0
    this.#sumMs = 0
    return mean
  }
}
