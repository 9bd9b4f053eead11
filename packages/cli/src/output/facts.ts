import { isTerminal, paint, print } from './terminal.ts'
import { pad, printable } from './text-width.ts'

/** Prints names and what there is to say of each: in two columns, or joined by tabs for programs. */
export async function printFacts(facts: readonly (readonly [string, string])[]): Promise<void> {
  const width = Math.max(...facts.map(([name]) => name.length))
  const lines = facts.map(([name, fact]) =>
    isTerminal
      ? `${paint('dim', pad(name, width))}  ${printable(fact)}\n`
      : `${name}\t${printable(fact)}\n`,
  )
  await print(lines.join(''))
}
