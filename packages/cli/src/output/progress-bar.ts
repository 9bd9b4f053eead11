import { count } from './count.ts'

/** Maximum width of the bar in characters. */
const WIDTH = 30
const NAME_WIDTH = 12
/** Minimum redraw interval in milliseconds. */
const REDRAW_MS = 50
// Used if the terminal reports a size of 0, such as a serial console.
const DEFAULT_COLUMNS = 80

/**
 * Shows the progress of a long operation as a line on stderr that is overwritten; on a terminal
 * only.
 */
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
    // A wrapped line could not be overwritten; even the last column may wrap it.
    const room = (process.stderr.columns || DEFAULT_COLUMNS) - NAME_WIDTH - figures.length - 3
    const width = Math.max(0, Math.min(WIDTH, room))
    const full = Math.round(share * width)
    const bar = '█'.repeat(full) + '░'.repeat(width - full)
    process.stderr.write(`\r\x1b[K${what.padEnd(NAME_WIDTH)} ${bar} ${figures}`)
  }

  /** Removes the line. */
  clear(): void {
    if (this.#isShown) process.stderr.write('\r\x1b[K')
    this.#isShown = false
  }

  [Symbol.dispose](): void {
    this.clear()
  }
}
