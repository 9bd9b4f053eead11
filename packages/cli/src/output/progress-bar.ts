import { count } from './count.ts'

/** Characters of the bar, where the terminal has room for it. */
const WIDTH = 30
const NAME_WIDTH = 12
/** Milliseconds between two drawings. */
const REDRAW_MS = 50
// Where the terminal does not know its size, such as a serial console; it then says 0.
const DEFAULT_COLUMNS = 80

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
    const figures = `${count(done)} of ${count(total)}`
    // A line that is broken could not be overwritten; the last column may break it already.
    const room = (process.stderr.columns || DEFAULT_COLUMNS) - NAME_WIDTH - figures.length - 3
    const width = Math.max(0, Math.min(WIDTH, room))
    const full = Math.round(share * width)
    const bar = '█'.repeat(full) + '░'.repeat(width - full)
    process.stderr.write(`\r\x1b[K${what.padEnd(NAME_WIDTH)} ${bar} ${figures}`)
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
