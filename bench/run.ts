// npm run bench -- --help

import { UsageError } from '../scripts/command-line.ts'
import { ROWS } from './all-rows.ts'
import { type BenchArguments, helpText, readArguments } from './arguments.ts'
import { GENERATOR } from './load.ts'
import { print } from './report.ts'
import { currentCommit, saveRow, thisMachine } from './results.ts'

const { rows, sizeName, size, saveTo } = argumentsOrExit()
const { processor, cores } = thisMachine()
const commit = currentCommit()
console.log(
  `${cores} × ${processor}, Node ${process.version}, load by ${GENERATOR}, ` +
    `${size.rounds} round(s), medians followed by the raw values`,
)
for (const row of rows) {
  const measurement = await row.run(size)
  print(row, measurement)
  if (saveTo !== undefined) {
    const { name, title } = row
    saveRow(saveTo, name, { title, commit, generator: GENERATOR, sizeName, size, ...measurement })
  }
}
if (saveTo !== undefined) console.log(`\nsaved in ${saveTo}`)

function argumentsOrExit(): BenchArguments {
  try {
    const given = readArguments(process.argv.slice(2), ROWS)
    if (given) return given
    console.log(helpText(ROWS))
    process.exit(0)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    console.error(`bench: ${error.message}\nTry: npm run bench -- --help`)
    process.exit(2)
  }
}
