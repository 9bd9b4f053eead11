import { once } from 'node:events'
import { styleText } from 'node:util'
import { EXIT_CODES } from '../exit-codes.ts'

/** The looks that are used; the terminal's own palette, so that it fits any background. */
export type Look = 'bold' | 'dim' | 'green' | 'yellow' | 'red' | 'cyan' | 'magenta'

// Where the terminal does not know its size, such as a serial console; it then says 0.
const DEFAULT_COLUMNS = 80
const DEFAULT_ROWS = 24

/** Whether people read stdout as it is written. */
export const isTerminal: boolean = process.stdout.isTTY === true

// https://no-color.org: any value but the empty one.
const hasColour = isTerminal && !process.env.NO_COLOR && process.env.TERM !== 'dumb'

/** Characters of a line, now: people change their windows. */
export function columns(): number {
  return process.stdout.columns || DEFAULT_COLUMNS
}

/** Lines of the screen, now. */
export function rows(): number {
  return process.stdout.rows || DEFAULT_ROWS
}

/** The text in a look, on a terminal that is to have colours; else the text. */
export function paint(look: Look | undefined, text: string): string {
  if (!hasColour || look === undefined) return text
  // Asking for the stream again each time would cost more than the rest.
  return styleText(look, text, { validateStream: false })
}

/** Writes to stdout, and waits while its reader is behind. */
export async function print(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain')
}

/** Writes a word to people, and only to them: it is no part of the output. */
export function remark(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`${paint('dim', text)}\n`)
}

/** `rollcall list | head` has what it wants: to be left alone by its reader is a good end. */
export function exitOnClosedPipe(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT_CODES.ok)
    throw error
  })
}

/** What cannot be written to stderr, such as to a full disk, is lost; that ends no command. */
export function outliveStderr(): void {
  process.stderr.on('error', () => undefined)
}
