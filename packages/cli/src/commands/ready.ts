import type { Command } from 'commander'
import { patternsCommand, type RegistryOptions } from '../options/registry-options.ts'
import { printable } from '../output/text-width.ts'
import { wireMaintenance } from '../output/wire-names.ts'
import { changeMaintenance } from '../registry/maintenance-call.ts'
import { withAgents } from '../registry/with-registry.ts'

const EXAMPLES = ['rollcall ready researcher-1', "rollcall ready 'team-a:*'"]

/** `rollcall ready` ends the maintenance of agents. */
export function readyCommand(): Command {
  return patternsCommand('ready', EXAMPLES)
    .description('End the maintenance of agents: what they report counts again.')
    .addHelpText(
      'after',
      `
Ends what rollcall drain has set for exactly this id, or this beginning of ids.
An agent that reports draining itself is still shown as draining.`,
    )
    .action((patterns: string[], options: RegistryOptions) =>
      withAgents(patterns, options, async (registry, pattern) => {
        const { ended, remaining } = await changeMaintenance(registry, (api) =>
          api.endMaintenance(pattern),
        )
        const text = ended ? 'is no longer in maintenance' : 'was not in maintenance'
        const rest = remaining
          ? `, but ${remaining.pattern} is: ${printable(remaining.reason)}`
          : ''
        return {
          text: `${pattern} ${text}${rest}`,
          json: { pattern, ended, remaining: remaining && wireMaintenance(remaining) },
        }
      }),
    )
}
