import type { WatchEvent } from '@rollcall/client'
import type { Command } from 'commander'
import { addFilterOptions, type FilterOptions, toFilter } from '../options/filter-options.ts'
import { type RegistryOptions, registryCommand } from '../options/registry-options.ts'
import { eventLine } from '../output/event-line.ts'
import { print, printHint } from '../output/terminal.ts'
import { wireAgent, wireEvent } from '../output/wire-names.ts'
import { interruptSignal } from '../process/interruption.ts'
import { displayUrl } from '../registry/registry-address.ts'
import { withRegistry } from '../registry/with-registry.ts'

interface WatchOptions extends RegistryOptions, FilterOptions {
  readonly snapshot?: true
}

const EXAMPLES = [
  'rollcall watch',
  'rollcall watch --capability search --snapshot',
  'rollcall watch --json | jq -r \'select(.type == "expired") | .agent_id\'',
]

/** `rollcall watch` prints changes as they happen. */
export function watchCommand(): Command {
  return addFilterOptions(registryCommand('watch', EXAMPLES))
    .description('Follow changes, one line per event.')
    .option('--snapshot', 'Start with the current agents')
    .addHelpText(
      'after',
      `
Runs until Ctrl-C (exit code 0) and reconnects automatically. Without a
terminal, each line has tab-separated fields: time, type, id, reason. With
filters, agents also enter and leave the matching set. --json prints JSON lines;
with --snapshot it includes "reset" and "synced", so that the lines reproduce
the list.`,
    )
    .action((options: WatchOptions) =>
      withRegistry(options, async (registry) => {
        const signal = interruptSignal()
        let isSynced = false
        for await (const event of registry.watch(toFilter(options), { signal })) {
          // Fail if the first connection fails; after that, reconnect.
          if (event.type === 'disconnected' && !isSynced) throw event.error
          if (event.type === 'synced') isSynced = true
          if (isSynced) printStatus(event, displayUrl(registry))
          const line = options.json ? jsonLine(event, options) : textLine(event, options)
          if (line !== undefined) await print(`${line}\n`)
        }
      }),
    )
}

/** Prints the state of the connection for a human reader. */
function printStatus(event: WatchEvent, registryUrl: string): void {
  if (event.type === 'synced') printHint(`-- watching ${registryUrl}; press Ctrl-C to stop`)
  if (event.type === 'reset') printHint(`-- some events may have been missed: ${event.reason}`)
  if (event.type === 'disconnected') printHint('-- registry unreachable, retrying')
}

function textLine(event: WatchEvent, options: WatchOptions): string | undefined {
  switch (event.type) {
    case 'reset':
    case 'synced':
    case 'disconnected':
      return undefined
    case 'snapshot': {
      const { agentId, registeredAt, status } = event.agent
      const line = { at: registeredAt, type: event.type, agentId, reason: status }
      return options.snapshot && eventLine(line)
    }
    default:
      return eventLine(event)
  }
}

function jsonLine(event: WatchEvent, options: WatchOptions): string | undefined {
  switch (event.type) {
    case 'disconnected':
      return undefined
    case 'reset':
    case 'synced':
      return options.snapshot && JSON.stringify(event)
    case 'snapshot':
      return options.snapshot && JSON.stringify({ ...event, agent: wireAgent(event.agent) })
    default:
      return JSON.stringify(wireEvent(event))
  }
}
