import { AGENT_STATUSES, type AgentStatus } from '@rollcall/protocol'
import type { Command } from 'commander'
import { choiceOption, instanceOption, load } from '../options/option-values.ts'
import { agentCommand, type RegistryOptions } from '../options/registry-options.ts'
import { print } from '../output/terminal.ts'
import { formatDuration } from '../output/time-format.ts'
import { withAgent } from '../registry/with-registry.ts'

interface HeartbeatOptions extends RegistryOptions {
  readonly status?: AgentStatus
  readonly load?: number
  readonly instance?: string
}

const EXAMPLES = [
  'rollcall heartbeat researcher-1',
  'rollcall heartbeat researcher-1 --status busy --load 0.8',
  'rollcall heartbeat "$AGENT_ID" --instance "$AGENT_INSTANCE_ID"',
]

/** `rollcall heartbeat` sends one heartbeat. */
export function heartbeatCommand(): Command {
  return agentCommand('heartbeat', EXAMPLES)
    .description('Send one heartbeat for an agent.')
    .addOption(choiceOption('--status <status>', 'Whether the agent accepts work', AGENT_STATUSES))
    .option('--load <number>', 'Load from 0 (idle) to 1 (full)', load)
    .addOption(instanceOption('Fail unless this instance is the current one'))
    .action((id: string, options: HeartbeatOptions) =>
      withAgent(id, options, async (registry) => {
        const { status, load, instance: instanceId } = options
        const receipt = await registry.api.heartbeat(id, { status, load }, { instanceId })
        const text = options.json
          ? JSON.stringify(receipt)
          : `${id} is alive for ${formatDuration(receipt.ttl_seconds)}; ` +
            `next heartbeat within ${formatDuration(receipt.heartbeat_interval_seconds)}`
        await print(`${text}\n`)
      }),
    )
}
