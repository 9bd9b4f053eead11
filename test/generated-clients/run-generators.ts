// npm run test:generated-clients -- --help
import { mkdir } from 'node:fs/promises'
import { UsageError } from '../../scripts/command-line.ts'
import { TemporaryFolder } from '../e2e/support/temporary-folder.ts'
import { GENERATORS } from './all-generators.ts'
import type { Generator } from './generator.ts'
import { helpText, readArguments } from './generator-arguments.ts'
import { summary, table } from './report.ts'
import { type Outcome, runTrial } from './trial.ts'

const generators = argumentsOrExit()
const folder = new TemporaryFolder()
process.once('exit', () => folder[Symbol.dispose]())
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

const sharedFolder = folder.file('shared')
await mkdir(sharedFolder)
const outcomes: Outcome[] = []
for (const generator of generators) {
  console.log(`${generator.name} ${generator.version} …`)
  const start = performance.now()
  const outcome = await runTrial(generator, { parent: folder.path, sharedFolder })
  const seconds = Math.round((performance.now() - start) / 1000)
  console.log(`${generator.name} (${seconds} s): ${summary(outcome)}`)
  outcomes.push(outcome)
}
console.log(`\n${table(outcomes)}`)
process.exitCode = outcomes.some(({ failure }) => failure !== undefined) ? 1 : 0

function argumentsOrExit(): readonly Generator[] {
  try {
    const selected = readArguments(process.argv.slice(2), GENERATORS)
    if (selected) return selected
    console.log(helpText(GENERATORS))
    process.exit(0)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    console.error(
      `test:generated-clients: ${error.message}\nTry: npm run test:generated-clients -- --help`,
    )
    process.exit(2)
  }
}
