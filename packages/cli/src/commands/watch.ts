import type { WatchEvent } from '@rollcall/client'
import type { Command } from 'commander'
import { addFilterOptions, type FilterOptions, toFilter } from '../options/filter-options.ts'
import { type RegistryOptions, registryCommand } from '../options/registry-options.ts'
import { eventLine } from '../output/event-line.ts'
import { print, remark } from '../output/terminal.ts'
import { wireAgent, wireEvent } from '../output/wire-names.ts'
import { interruption } from '../process/interruption.ts'
import { withRegistry } from '../registry/with-registry.ts'

interface WatchOptions extends RegistryOptions, FilterOptions {
  readonly snapshot?: true
}

const EXAMPLES = [
  'rollcall watch',
  'rollcall watch --capability search --snapshot',
  'rollcall watch --json | jq -r \'select(.type == "expired") | .agent_id\'',
]

/** `rollcall watch`: what changes, as it happens. */
export function watchCommand(): Command {
  return addFilterOptions(registryCommand('watch', EXAMPLES))
    .description('Follow what changes, one line for each event.')
    .option('--snapshot', 'begin with the agents that are there already')
    .addHelpText(
      'after',
      `
Goes on until Ctrl-C (exit code 0), and connects again by itself. Elsewhere than
on a terminal, each line is: time, type, id, reason, separated by tabs. With
filters, agents also enter and leave what matches. --json prints JSON lines;
with --snapshot also "reset" and "synced", so that the lines make up the list.`,
    )
    .action((options: WatchOptions) =>
      withRegistry(options, async (registry) => {
        const signal = interruption()
        let isSynced = false
        for await (const event of registry.watch(toFilter(options), { signal })) {
          // Who watches wants to know at once that there is nothing to watch; later it may return.
          if (event.type === 'disconnected' && !isSynced) throw event.error
          if (event.type === 'synced') isSynced = true
          if (isSynced) comment(event, registry.shownUrl)
          const line = options.json ? jsonLine(event, options) : textLine(event, options)
          if (line !== undefined) await print(`${line}\n`)
        }
      }),
    )
}

/** Says to people what the watch is up to. */
function comment(event: WatchEvent, registryUrl: string): void {
  if (event.type === 'synced') remark(`-- following ${registryUrl}; Ctrl-C ends`)
  if (event.type === 'reset') remark(`-- what happened meanwhile is not known: ${event.reason}`)
  if (event.type === 'disconnected') remark('-- the registry is away; trying again')
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
