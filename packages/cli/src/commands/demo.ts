import { withoutPassword } from '@rollcall/protocol'
import { Command } from 'commander'
import { EXIT_CODES } from '../exit-codes.ts'
import { type FleetCounts, SimulatedFleet } from '../fleet/simulated-fleet.ts'
import { count } from '../options/option-values.ts'
import { addRegistryOption } from '../options/registry-options.ts'
import { failureLine, toFailure } from '../output/failure.ts'
import { columns, isTerminal, paint, print } from '../output/terminal.ts'
import { cut } from '../output/text-width.ts'
import { interruption } from '../process/interruption.ts'

interface DemoOptions {
  readonly registry: string
  readonly agents: number
  readonly churn?: boolean
}

/** Milliseconds between two status lines: on a terminal, where the line is overwritten, and not. */
const REDRAW_MS = 250
const LOG_MS = 10_000

/** `rollcall demo`: a lively fleet, to see everything move. */
export function demoCommand(): Command {
  return addRegistryOption(new Command('demo'))
    .description('Simulate a lively fleet of agents, to see everything move.')
    .option('--agents <number>', 'how many', count, 50)
    .option('--churn', 'agents also join, leave and crash')
    .addHelpText(
      'after',
      `
Runs until Ctrl-C and then deregisters all of its agents. Watch it from
elsewhere with: rollcall top, rollcall list --watch, rollcall watch

Examples:
  rollcall demo
  rollcall demo --agents 500 --churn`,
    )
    .action(demo)
}

async function demo({ registry, agents, churn = false }: DemoOptions): Promise<void> {
  const interrupted = interruption()
  const fleet = new SimulatedFleet({ registryUrl: registry, agents, churn })
  const { counts, registryUrl } = fleet
  let timer: NodeJS.Timeout | undefined
  try {
    timer = setInterval(() => showStatus(counts, registryUrl), isTerminal ? REDRAW_MS : LOG_MS)
    await fleet.join(interrupted)
    await fleet.live(interrupted)
  } catch (error) {
    process.stderr.write(failureLine(toFailure(error, registryUrl), false))
    process.exitCode = EXIT_CODES.failed
  } finally {
    clearInterval(timer)
    await fleet.close()
  }
  if (counts.joined > 0) await print(`${isTerminal ? '\n' : ''}all agents are gone\n`)
}

function showStatus(counts: FleetCounts, registryUrl: string): void {
  const { alive, joined, left, crashed, changes, failures } = counts
  const parts = [`${joined} joined`, `${left} left`, `${crashed} crashed`, `${changes} changes`]
  const failed = failures > 0 ? ` · ${failures} failed calls` : ''
  const line = `${alive} agents · ${parts.join(' · ')}${failed} · ${withoutPassword(registryUrl)}`
  if (!isTerminal) process.stdout.write(`${line}\n`)
  // Back to the beginning of the line; at its end there is room for the ^C that ends it.
  else process.stdout.write(`\r\x1b[K${paint('bold', cut(line, columns() - 3))}`)
}
