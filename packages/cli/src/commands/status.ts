import type { AgentStatus } from '@rollcall/protocol'
import type { Command } from 'commander'
import { agentsCommand, type RegistryOptions } from '../options/registry-options.ts'
import { withAgents } from '../registry/with-registry.ts'

/** `rollcall drain` sets the status of agents to draining. */
export function drainCommand(): Command {
  return statusCommand('drain', 'draining')
    .description('Mark agents as draining: they finish their work and get no more.')
    .addHelpText(
      'after',
      '\nSends a heartbeat, which also renews the lease. To undo: rollcall ready.',
    )
}

/** `rollcall ready` sets the status of agents to ready. */
export function readyCommand(): Command {
  return statusCommand('ready', 'ready')
    .description('Mark agents as ready for work.')
    .addHelpText('after', '\nSends a heartbeat, which also renews the lease.')
}

function statusCommand(name: string, status: AgentStatus): Command {
  const examples = [`rollcall ${name} researcher-1`, `rollcall ${name} relay-1 relay-2`]
  return agentsCommand(name, examples).action((ids: string[], options: RegistryOptions) =>
    withAgents(ids, options, async (registry, id) => {
      const receipt = await registry.api.heartbeat(id, { status })
      return { text: `${id} is ${status}`, json: receipt }
    }),
  )
}
