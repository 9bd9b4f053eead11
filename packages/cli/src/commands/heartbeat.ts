import { AGENT_STATUSES, type AgentStatus } from '@rollcall/protocol'
import type { Command } from 'commander'
import { choiceOption, load } from '../options/option-values.ts'
import { agentCommand, type RegistryOptions } from '../options/registry-options.ts'
import { longSpan } from '../output/age.ts'
import { print } from '../output/terminal.ts'
import { withAgent } from '../registry/with-registry.ts'

interface HeartbeatOptions extends RegistryOptions {
  readonly status?: AgentStatus
  readonly load?: number
}

const EXAMPLES = [
  'rollcall heartbeat researcher-1',
  'rollcall heartbeat researcher-1 --status busy --load 0.8',
]

/** `rollcall heartbeat`: one sign of life. */
export function heartbeatCommand(): Command {
  return agentCommand('heartbeat', EXAMPLES)
    .description('Send one heartbeat for an agent.')
    .addOption(choiceOption('--status <status>', 'whether it takes work', AGENT_STATUSES))
    .option('--load <number>', 'how busy it is, 0 (idle) to 1 (full)', load)
    .action((id: string, options: HeartbeatOptions) =>
      withAgent(id, options, async (registry) => {
        const { status, load } = options
        const receipt = await registry.heartbeat(id, { status, load })
        const text = options.json
          ? JSON.stringify(receipt)
          : `${id} is alive for ${longSpan(receipt.ttl_seconds)}; ` +
            `next heartbeat within ${longSpan(receipt.heartbeat_interval_seconds)}`
        await print(`${text}\n`)
      }),
    )
}
