const WIDTH = 30
/** Milliseconds between two drawings. */
const REDRAW_MS = 50

/** How far long work has come, as a line on stderr that is overwritten; on a terminal only. */
export class ProgressBar implements Disposable {
  #drawnAt = 0
  #isShown = false

  show(what: string, done: number, total: number): void {
    const now = performance.now()
    if (!process.stderr.isTTY || (now - this.#drawnAt < REDRAW_MS && done < total)) return
    this.#drawnAt = now
    this.#isShown = true
    const share = total === 0 ? 1 : Math.min(1, done / total)
    const full = Math.round(share * WIDTH)
    const bar = '█'.repeat(full) + '░'.repeat(WIDTH - full)
    const figures = `${done.toLocaleString('en')} of ${total.toLocaleString('en')}`
    process.stderr.write(`\r\x1b[K${what.padEnd(12)} ${bar} ${figures}`)
  }

  /** Takes the line away. */
  clear(): void {
    if (this.#isShown) process.stderr.write('\r\x1b[K')
    this.#isShown = false
  }

  [Symbol.dispose](): void {
    this.clear()
  }
}
