import { isTerminal, paint, print } from './terminal.ts'
import { pad, printable } from './text-width.ts'

/** Prints names and values: in two columns on a terminal, otherwise tab-separated. */
export async function printDetails(details: readonly (readonly [string, string])[]): Promise<void> {
  const width = Math.max(...details.map(([name]) => name.length))
  const lines = details.map(([name, value]) =>
    isTerminal
      ? `${paint('dim', pad(name, width))}  ${printable(value)}\n`
      : `${name}\t${printable(value)}\n`,
  )
  await print(lines.join(''))
}
