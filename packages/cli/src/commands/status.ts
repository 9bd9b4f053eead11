import type { AgentStatus } from '@rollcall/protocol'
import type { Command } from 'commander'
import { print } from '../output/terminal.ts'
import { agentCommand, type RegistryOptions } from '../registry-options.ts'
import { withAgent } from '../with-registry.ts'

/** `rollcall drain`: no more work for an agent. */
export function drainCommand(): Command {
  return statusCommand('drain', 'draining')
    .description('Mark an agent as draining: it finishes its work and should get no more.')
    .addHelpText('after', '\nThis is a heartbeat: it also renews the lease. The way back: ready.')
}

/** `rollcall ready`: work for an agent. */
export function readyCommand(): Command {
  return statusCommand('ready', 'ready')
    .description('Mark an agent as ready for work.')
    .addHelpText('after', '\nThis is a heartbeat: it also renews the lease.')
}

function statusCommand(name: string, status: AgentStatus): Command {
  return agentCommand(name, [`rollcall ${name} researcher-1`]).action(
    (id: string, options: RegistryOptions) =>
      withAgent(id, options, async (registry) => {
        const receipt = await registry.heartbeat(id, { status })
        await print(`${options.json ? JSON.stringify(receipt) : `${id} is ${status}`}\n`)
      }),
  )
}
