import type { Command } from 'commander'
import { agentsCommand, type RegistryOptions } from '../options/registry-options.ts'
import { noSuchAgent } from '../output/failure.ts'
import { withAgents } from '../registry/with-registry.ts'

const EXAMPLES = ['rollcall deregister researcher-1', 'rollcall deregister relay-1 relay-2']

/** `rollcall deregister` deregisters agents. */
export function deregisterCommand(): Command {
  return agentsCommand('deregister', EXAMPLES)
    .description('Deregister agents.')
    .addHelpText('after', '\nAn agent that is still running registers again. See drain.')
    .action((ids: string[], options: RegistryOptions) =>
      withAgents(ids, options, async (registry, id) => {
        if (!(await registry.api.deregister(id))) throw noSuchAgent(id)
        return { text: `${id} is deregistered`, json: { status: 'deleted', agent_id: id } }
      }),
    )
}
