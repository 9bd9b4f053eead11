import { SERVER_LIMITS } from '../../limits/server-limits.ts'
import { importProblem } from './import-problem.ts'

/** A line, and its number from 1. */
export interface NumberedLine {
  readonly text: string
  readonly number: number
  /** Whether it ends with a newline: the last line of a file that was cut off does not. */
  readonly isComplete: boolean
}

const NEWLINE = 0x0a

/**
 * Splits bytes into lines, and skips empty ones.
 *
 * @throws RegistryError `STORAGE_UNUSABLE` for a line that is too long or not UTF-8, with its number
 */
export async function* linesOf(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<readonly NumberedLine[]> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let rest: Uint8Array[] = []
  let restBytes = 0
  let number = 0
  const decode = (parts: readonly Uint8Array[], isComplete: boolean): NumberedLine => {
    number++
    try {
      return { text: decoder.decode(Buffer.concat(parts)).trim(), number, isComplete }
    } catch {
      throw importProblem(number, 'it is not valid UTF-8')
    }
  }
  for await (const chunk of chunks) {
    const lines: NumberedLine[] = []
    let start = 0
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      requireShort(restBytes + end - start, number + 1)
      lines.push(decode([...rest, chunk.subarray(start, end)], true))
      rest = []
      restBytes = 0
      start = end + 1
    }
    rest.push(chunk.subarray(start))
    restBytes += chunk.length - start
    requireShort(restBytes, number + 1)
    yield lines.filter(({ text }) => text !== '')
  }
  if (restBytes > 0) yield [decode(rest, false)].filter(({ text }) => text !== '')
}

function requireShort(bytes: number, number: number): void {
  const most = SERVER_LIMITS.exportLineBytes.value
  if (bytes > most) throw importProblem(number, `it is longer than ${most} bytes`)
}
