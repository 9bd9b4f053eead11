import type { Command } from 'commander'
import { count } from '../options/option-values.ts'
import { agentCommand, type RegistryOptions } from '../options/registry-options.ts'
import { dayLine, eventLine } from '../output/event-line.ts'
import { describeFlapping } from '../output/flapping.ts'
import { print } from '../output/terminal.ts'
import { wireEvent } from '../output/wire-names.ts'
import { agentHistory } from '../registry/agent-history.ts'
import { withRegistry } from '../registry/with-registry.ts'
import { notifyAsText } from '../sidecar/notices.ts'

interface HistoryOptions extends RegistryOptions {
  readonly limit: number
}

const EXAMPLES = [
  'rollcall history researcher-1',
  'rollcall history researcher-1 --limit 1',
  "rollcall history researcher-1 --json | jq -r '.[].reason'",
]

/** `rollcall history` shows the transitions of an agent. */
export function historyCommand(): Command {
  return agentCommand('history', EXAMPLES)
    .description('Show what happened to an agent, why, and who did it, also after its removal.')
    .option('--limit <number>', 'Show only the newest, at most 1000', count, 100)
    .action((id: string, options: HistoryOptions) =>
      withRegistry(options, async (registry) => {
        const events = await agentHistory(registry, id, options.limit)
        if (options.json) {
          await print(`${JSON.stringify(events.map(wireEvent))}\n`)
          return
        }
        let before = new Date()
        for (const event of events) {
          const { at, type, reason, actor } = event
          await print(`${dayLine(at, before)}${eventLine({ at, type, reason, actor })}\n`)
          before = at
        }
        const flapping = describeFlapping(events, Date.now())
        if (flapping) notifyAsText('warning', `warning: ${id} is flapping: ${flapping}`)
      }),
    )
}
