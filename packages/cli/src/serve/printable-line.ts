import { printable } from '../output/text-width.ts'

/**
 * Parses a log line, and replaces in its texts what would control a terminal: agents and clients have chosen some of
 * them. Stack traces keep their lines.
 */
export function printableLine(line: string): object {
  return JSON.parse(line, (key, value: unknown) => {
    if (typeof value !== 'string') return value
    return key === 'stack' ? value.split('\n').map(printable).join('\n') : printable(value)
  })
}
