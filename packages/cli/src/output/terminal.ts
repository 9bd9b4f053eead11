import { once } from 'node:events'
import { styleText } from 'node:util'
import { EXIT_CODES } from '../exit-codes.ts'

/** Text styles in the palette of the terminal, which fits any background. */
export type Style = 'bold' | 'dim' | 'green' | 'yellow' | 'red' | 'cyan' | 'magenta'

// Used if the terminal reports a size of 0, such as a serial console.
const DEFAULT_COLUMNS = 80
const DEFAULT_ROWS = 24

/** Whether stdout is a terminal. */
export const isTerminal: boolean = process.stdout.isTTY === true

// https://no-color.org: any non-empty value disables colour.
const hasColour = isTerminal && !process.env.NO_COLOR && process.env.TERM !== 'dumb'

/** Returns the current width of the terminal in columns. */
export function columns(): number {
  return process.stdout.columns || DEFAULT_COLUMNS
}

/** Returns the current height of the terminal in rows. */
export function rows(): number {
  return process.stdout.rows || DEFAULT_ROWS
}

/** Styles the text if the terminal supports colours. */
export function paint(style: Style | undefined, text: string): string {
  if (!hasColour || style === undefined) return text
  // Validating the stream each time would cost more than the rest.
  return styleText(style, text, { validateStream: false })
}

/** Writes to stdout, with back-pressure. */
export async function print(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain')
}

/** Writes a hint for a human reader to stderr; it is not part of the output. */
export function printHint(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`${paint('dim', text)}\n`)
}

/** Exits with success when the reader closes the pipe, as in `rollcall list | head`. */
export function exitOnClosedPipe(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT_CODES.ok)
    throw error
  })
}

/** Ignores failed writes to stderr, such as to a full disk. */
export function ignoreStderrErrors(): void {
  process.stderr.on('error', () => undefined)
}
