import type { Command } from 'commander'
import { noSuchAgent } from '../output/failure.ts'
import { print } from '../output/terminal.ts'
import { agentCommand, type RegistryOptions } from '../registry-options.ts'
import { withRegistry } from '../with-registry.ts'

/** `rollcall deregister`: an agent leaves. */
export function deregisterCommand(): Command {
  return agentCommand('deregister', ['rollcall deregister researcher-1'])
    .description('Take an agent out of the registry.')
    .addHelpText('after', '\nAn agent that still runs registers again by itself. See drain.')
    .action((id: string, options: RegistryOptions) =>
      withRegistry(options, async (registry) => {
        if (!(await registry.deregister(id))) throw noSuchAgent(id)
        const text = options.json
          ? JSON.stringify({ status: 'deleted', agent_id: id })
          : `${id} is deregistered`
        await print(`${text}\n`)
      }),
    )
}
