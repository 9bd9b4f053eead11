import { listenForQuit } from './quit-keys.ts'

const ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l'
const LEAVE = '\x1b[?7h\x1b[?25h\x1b[?1049l'
const HOME = '\x1b[H'
const CLEAR_TO_END_OF_LINE = '\x1b[K'
const CLEAR_BELOW = '\x1b[J'

/**
 * The whole terminal, drawn again and again, without flicker: line by line, and never cleared as
 * a whole. It is a second screen; disposing brings back what was there before.
 */
export class LiveScreen implements Disposable {
  #wasResized = false
  #wake: (() => void) | undefined
  readonly #leave = (): void => {
    process.stdout.write(LEAVE)
  }
  readonly #resized = (): void => {
    this.#wasResized = true
    this.#wake?.()
  }

  readonly #keys: Disposable

  /** @param quit called when the user wants to leave: for `q` and for Ctrl-C */
  constructor(quit: () => void) {
    this.#keys = listenForQuit(quit)
    process.stdout.write(ENTER)
    process.stdout.on('resize', this.#resized)
    // Whatever ends the process, nobody should be left without a cursor.
    process.once('exit', this.#leave)
  }

  /** Whether the terminal changed its size since the last drawing. */
  get wasResized(): boolean {
    return this.#wasResized
  }

  /** Shows these lines and nothing else. */
  draw(lines: readonly string[]): void {
    this.#wasResized = false
    // Cleared before it is written: after a full line the cursor still stands on its last character.
    const cleared = lines.map((line, index) =>
      index < lines.length - 1 ? CLEAR_TO_END_OF_LINE + line : CLEAR_BELOW + line,
    )
    process.stdout.write(HOME + cleared.join('\r\n'))
  }

  /** Waits for some time, or until the terminal is resized or the signal is aborted. */
  async pause(ms: number, signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        this.#wake = undefined
        resolve()
      }
      const timer = setTimeout(done, ms)
      signal.addEventListener('abort', done)
      this.#wake = done
      if (signal.aborted) done()
    })
  }

  [Symbol.dispose](): void {
    process.off('exit', this.#leave)
    process.stdout.off('resize', this.#resized)
    this.#leave()
    this.#keys[Symbol.dispose]()
  }
}
