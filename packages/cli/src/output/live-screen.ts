import { listenForQuit } from './quit-keys.ts'

const ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l'
const LEAVE = '\x1b[?7h\x1b[?25h\x1b[?1049l'
const HOME = '\x1b[H'
const CLEAR_TO_END_OF_LINE = '\x1b[K'
const CLEAR_BELOW = '\x1b[J'

/**
 * A full-screen view that is redrawn without flicker: line by line, never cleared as a whole. Uses
 * the alternate screen; disposing restores the previous content.
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

  /** @param quit called for `q` and for Ctrl-C */
  constructor(quit: () => void) {
    this.#keys = listenForQuit(quit)
    process.stdout.write(ENTER)
    process.stdout.on('resize', this.#resized)
    // Restore the cursor however the process exits.
    process.once('exit', this.#leave)
  }

  /** Whether the terminal was resized since the last redraw. */
  get wasResized(): boolean {
    return this.#wasResized
  }

  /** Draws these lines as the whole screen. */
  draw(lines: readonly string[]): void {
    this.#wasResized = false
    // Cleared before writing: after a full line, the cursor is still on its last character.
    const cleared = lines.map((line, index) =>
      index < lines.length - 1 ? CLEAR_TO_END_OF_LINE + line : CLEAR_BELOW + line,
    )
    process.stdout.write(HOME + cleared.join('\r\n'))
  }

  /** Waits for a delay, a resize of the terminal, or the signal, whichever is first. */
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
