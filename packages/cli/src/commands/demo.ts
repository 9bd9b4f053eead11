import { withoutPassword } from '@rollcall/protocol'
import { Command } from 'commander'
import { EXIT_CODES } from '../exit-codes.ts'
import { type FleetCounts, SimulatedFleet } from '../fleet/simulated-fleet.ts'
import { count } from '../options/option-values.ts'
import { addRegistryOption } from '../options/registry-options.ts'
import { failureLine, toFailure } from '../output/failure.ts'
import { columns, isTerminal, paint, print } from '../output/terminal.ts'
import { truncate } from '../output/text-width.ts'
import { interruptSignal } from '../process/interruption.ts'

interface DemoOptions {
  readonly registry: string
  readonly agents: number
  readonly churn?: boolean
}

/**
 * Interval of status lines in milliseconds: on a terminal, where a line is overwritten, and
 * elsewhere.
 */
const REDRAW_MS = 250
const LOG_MS = 10_000

/** `rollcall demo` simulates a fleet of agents. */
export function demoCommand(): Command {
  return addRegistryOption(new Command('demo'))
    .description('Simulate a fleet of agents that change all the time.')
    .option('--agents <number>', 'Number of agents', count, 50)
    .option('--churn', 'Let agents join, leave and crash')
    .addHelpText(
      'after',
      `
Runs until Ctrl-C, then deregisters all its agents. Observe it in another
terminal with: rollcall top, rollcall list --watch, rollcall watch

Examples:
  rollcall demo
  rollcall demo --agents 500 --churn`,
    )
    .action(demo)
}

async function demo({ registry, agents, churn = false }: DemoOptions): Promise<void> {
  const interrupted = interruptSignal()
  const fleet = new SimulatedFleet({ registryUrl: registry, agents, churn })
  const { counts, registryUrl } = fleet
  let timer: NodeJS.Timeout | undefined
  try {
    timer = setInterval(() => showStatus(counts, registryUrl), isTerminal ? REDRAW_MS : LOG_MS)
    await fleet.join(interrupted)
    await fleet.run(interrupted)
  } catch (error) {
    process.stderr.write(failureLine(toFailure(error, registryUrl), false))
    process.exitCode = EXIT_CODES.failed
  } finally {
    clearInterval(timer)
    await fleet.close()
  }
  if (counts.joined > 0) await print(`${isTerminal ? '\n' : ''}all agents deregistered\n`)
}

function showStatus(counts: FleetCounts, registryUrl: string): void {
  const { alive, joined, left, crashed, changes, failures } = counts
  const parts = [`${joined} joined`, `${left} left`, `${crashed} crashed`, `${changes} changes`]
  const failed = failures > 0 ? ` · ${failures} failed calls` : ''
  const line = `${alive} agents · ${parts.join(' · ')}${failed} · ${withoutPassword(registryUrl)}`
  if (!isTerminal) process.stdout.write(`${line}\n`)
  // Returns to the start of the line; leaves room at the end for the ^C that stops the command.
  else process.stdout.write(`\r\x1b[K${paint('bold', truncate(line, columns() - 3))}`)
}
