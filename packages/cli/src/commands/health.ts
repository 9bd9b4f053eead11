import type { Command } from 'commander'
import { type RegistryOptions, registryCommand } from '../options/registry-options.ts'
import { printDetails } from '../output/details.ts'
import { CommandFailure } from '../output/failure.ts'
import { overloadText } from '../output/overload-text.ts'
import { print } from '../output/terminal.ts'
import { formatDuration } from '../output/time-format.ts'
import { displayUrl } from '../registry/registry-address.ts'
import { withRegistry } from '../registry/with-registry.ts'

const EXAMPLES = ['rollcall health', 'rollcall health --registry http://10.0.0.7:9000 --json']

/** `rollcall health` shows the health of the registry. */
export function healthCommand(): Command {
  return registryCommand('health', EXAMPLES)
    .description('Show the health of the registry; fail if it is unhealthy.')
    .action((options: RegistryOptions) =>
      withRegistry(options, async (registry) => {
        const health = await registry.health()
        const { active_agents: alive, registered_agents: registered, expiry_brake: brake } = health
        if (options.json) await print(`${JSON.stringify(health)}\n`)
        else {
          await printDetails([
            ['registry', displayUrl(registry)],
            ['status', health.status],
            ['agents', `${alive} alive, ${registered - alive} expired`],
            ...(brake ? [['expiry', brake.reason] as const] : []),
            ...(health.overload ? [['overload', overloadText(health.overload)] as const] : []),
            ['uptime', formatDuration(health.uptime_seconds)],
            ['revision', `${health.revision} of ${health.branch}`],
            ['version', health.version],
          ])
        }
        if (health.status !== 'healthy') {
          throw new CommandFailure('UNHEALTHY', `${displayUrl(registry)} is unhealthy: see its log`)
        }
      }),
    )
}
