// npm run test:pressure -- --help

import { loadavg } from 'node:os'
import { thisMachine } from '../../bench/results.ts'
import { UsageError } from '../../scripts/command-line.ts'
import { ATTACKS } from './all-attacks.ts'
import { helpText, type PressureArguments, readArguments } from './arguments.ts'
import { measureAttack } from './measure-attack.ts'
import { missesOf, type Outcome } from './outcome.ts'
import { cellsOf, findingText, HEADS } from './outcome-cells.ts'
import { commitOf, saveOutcome } from './results.ts'

const { attacks, stores, sizeName, checkout, command, label } = argumentsOrExit()
const commit = commitOf(checkout)
const { processor, cores } = thisMachine()
console.log(`${cores} × ${processor}, Node ${process.version}, size ${sizeName}, commit ${commit}`)

const outcomes: Outcome[] = []
for (const attack of attacks) {
  for (const store of stores.filter((each) => attack.stores.includes(each))) {
    const began = performance.now()
    const outcome = await measureAttack(attack, {
      store,
      sizeName,
      command,
      progress: (text) => {
        const seconds = Math.round((performance.now() - began) / 1000)
        console.log(`  ${attack.name} ${store}, ${seconds} s: ${text}`)
      },
    })
    print(outcome)
    outcomes.push(outcome)
    if (label !== undefined) saveOutcome(label, commit, outcome)
  }
}
const missed = outcomes.filter((outcome) => missesOf(outcome).length > 0)
console.log(`\n${outcomes.length - missed.length} of ${outcomes.length} withstood`)
for (const outcome of missed) {
  console.log(`  ${outcome.attack} ${outcome.store}: ${missesOf(outcome).join(', ')}`)
}

function print(outcome: Outcome): void {
  console.log(`\n${outcome.attack} ${outcome.store}: ${outcome.title}`)
  const cells = cellsOf(outcome)
  console.log(`  ${HEADS.map((head, index) => `${head} ${cells[index]}`).join(' | ')}`)
  const p50 = outcome.figures?.single.p50Ms?.toFixed(1)
  console.log(`  heartbeats p50 ${p50} ms; load average ${loadavg()[0]?.toFixed(1)}`)
  for (const finding of outcome.figures?.findings ?? []) console.log(`  ${findingText(finding)}`)
  console.log('')
}

function argumentsOrExit(): PressureArguments {
  try {
    const given = readArguments(process.argv.slice(2), ATTACKS)
    if (given) return given
    console.log(helpText(ATTACKS))
    process.exit(0)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    console.error(`test:pressure: ${error.message}\nTry: npm run test:pressure -- --help`)
    process.exit(2)
  }
}
