import type { Command } from 'commander'
import { instanceOption, revision } from '../options/option-values.ts'
import { agentsCommand, type RegistryOptions } from '../options/registry-options.ts'
import { noSuchAgent } from '../output/failure.ts'
import { withAgents } from '../registry/with-registry.ts'

interface DeregisterOptions extends RegistryOptions {
  readonly instance?: string
  readonly ifRevision?: number
}

const EXAMPLES = [
  'rollcall deregister researcher-1',
  'rollcall deregister relay-1 relay-2',
  'rollcall deregister "$AGENT_ID" --instance "$AGENT_INSTANCE_ID"',
]

/** `rollcall deregister` deregisters agents. */
export function deregisterCommand(): Command {
  return agentsCommand('deregister', EXAMPLES)
    .description('Deregister agents.')
    .addOption(instanceOption('Fail unless this instance is the current one'))
    .option('--if-revision <number>', 'Fail if the agent has changed since', revision)
    .addHelpText('after', '\nAn agent that is still running registers again. See drain.')
    .action((ids: string[], options: DeregisterOptions) =>
      withAgents(ids, options, async (registry, id) => {
        const { instance: instanceId, ifRevision } = options
        if (!(await registry.api.deregister(id, { instanceId, ifRevision }))) throw noSuchAgent(id)
        return { text: `${id} is deregistered`, json: { status: 'deleted', agent_id: id } }
      }),
    )
}
