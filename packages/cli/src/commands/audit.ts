import type { Command } from 'commander'
import { agentId, count } from '../options/option-values.ts'
import { type RegistryOptions, registryCommand } from '../options/registry-options.ts'
import { auditLines } from '../output/audit-table.ts'
import { print } from '../output/terminal.ts'
import { wireChange } from '../output/wire-names.ts'
import { agentHistory } from '../registry/agent-history.ts'
import { withRegistry } from '../registry/with-registry.ts'

interface AuditOptions extends RegistryOptions {
  readonly agent: string
  readonly limit: number
}

const EXAMPLES = [
  'rollcall audit --agent researcher-1',
  "rollcall audit --agent researcher-1 --json | jq -r '.[].actor'",
]

/** `rollcall audit` shows who changed an agent. */
export function auditCommand(): Command {
  return registryCommand('audit', EXAMPLES)
    .description('Show who changed an agent, as far back as the history reaches.')
    .requiredOption('--agent <id>', 'The id of the agent', agentId)
    .option('--limit <number>', 'Show only the newest, at most 1000', count, 100)
    .addHelpText(
      'after',
      `
WHO is the name of a token, or "anonymous (ADDRESS)"; - is the registry itself.
Refusals and tokens are in the file of serve --audit-log. Without a terminal,
each line has tab-separated fields: time, who, what, why.`,
    )
    .action((options: AuditOptions) =>
      withRegistry(options, async (registry) => {
        const events = await agentHistory(registry, options.agent, options.limit)
        const text = options.json
          ? `${JSON.stringify(events.map(wireChange))}\n`
          : auditLines(events).join('')
        await print(text)
      }),
    )
}
