import type { Command } from 'commander'
import { operatorName } from '../options/operator-name.ts'
import { patternsCommand, type RegistryOptions } from '../options/registry-options.ts'
import { printable } from '../output/text-width.ts'
import { wireMaintenance } from '../output/wire-names.ts'
import { changeMaintenance, isUnknown } from '../registry/maintenance-call.ts'
import { withAgents } from '../registry/with-registry.ts'

interface DrainOptions extends RegistryOptions {
  readonly reason: string
  readonly by: string
}

const EXAMPLES = [
  'rollcall drain researcher-1 --reason "replacing the disk"',
  'rollcall drain relay-1 relay-2',
  "rollcall drain 'team-a:*' --reason upgrade",
]

/** `rollcall drain` puts agents into maintenance. */
export function drainCommand(): Command {
  return patternsCommand('drain', EXAMPLES)
    .description('Put agents into maintenance: they finish their work and get no more.')
    .option('--reason <text>', 'Why, for others to read', 'drained by an operator')
    .option('--by <name>', 'Who decides it', operatorName())
    .addHelpText(
      'after',
      `
The agents are shown as draining, whatever they report, until rollcall ready:
also after they have restarted, expired or registered again. An id need not be
registered yet. 'team-a:*' covers all agents whose ids begin so, including those
that register later. See also: rollcall maintenance.

To report the status draining for an agent instead:
rollcall heartbeat researcher-1 --status draining`,
    )
    .action((patterns: string[], { reason, by, ...options }: DrainOptions) =>
      withAgents(patterns, options, async (registry, pattern) => {
        const entry = await changeMaintenance(registry, (api) =>
          api.setMaintenance(pattern, { reason, by }),
        )
        const text = `${pattern} is in maintenance: ${printable(entry.reason)}`
        const isMissing = !options.json && (await isUnknown(registry, pattern))
        const note = isMissing ? '; no such agent is registered yet' : ''
        return { text: text + note, json: wireMaintenance(entry) }
      }),
    )
}
