import type { AgentStatus } from '@rollcall/protocol'
import type { Command } from 'commander'
import { agentsCommand, type RegistryOptions } from '../options/registry-options.ts'
import { withAgents } from '../registry/with-registry.ts'

/** `rollcall drain`: no more work for an agent. */
export function drainCommand(): Command {
  return statusCommand('drain', 'draining')
    .description('Mark agents as draining: they finish their work and should get no more.')
    .addHelpText('after', '\nThis is a heartbeat: it also renews the lease. The way back: ready.')
}

/** `rollcall ready`: work for an agent. */
export function readyCommand(): Command {
  return statusCommand('ready', 'ready')
    .description('Mark agents as ready for work.')
    .addHelpText('after', '\nThis is a heartbeat: it also renews the lease.')
}

function statusCommand(name: string, status: AgentStatus): Command {
  const examples = [`rollcall ${name} researcher-1`, `rollcall ${name} relay-1 relay-2`]
  return agentsCommand(name, examples).action((ids: string[], options: RegistryOptions) =>
    withAgents(ids, options, async (registry, id) => {
      const receipt = await registry.heartbeat(id, { status })
      return { text: `${id} is ${status}`, json: receipt }
    }),
  )
}
