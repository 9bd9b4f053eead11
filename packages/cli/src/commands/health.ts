import type { Command } from 'commander'
import { type RegistryOptions, registryCommand } from '../options/registry-options.ts'
import { longSpan } from '../output/age.ts'
import { printFacts } from '../output/facts.ts'
import { CommandFailure } from '../output/failure.ts'
import { print } from '../output/terminal.ts'
import { withRegistry } from '../registry/with-registry.ts'

const EXAMPLES = ['rollcall health', 'rollcall health --registry http://10.0.0.7:9000 --json']

/** `rollcall health`: how the registry is. */
export function healthCommand(): Command {
  return registryCommand('health', EXAMPLES)
    .description('Tell how the registry is; fails when it is not healthy.')
    .action((options: RegistryOptions) =>
      withRegistry(options, async (registry) => {
        const health = await registry.health()
        const { active_agents: alive, registered_agents: registered } = health
        if (options.json) await print(`${JSON.stringify(health)}\n`)
        else {
          await printFacts([
            ['registry', registry.shownUrl],
            ['status', health.status],
            ['agents', `${alive} alive, ${registered - alive} expired`],
            ['up for', longSpan(health.uptime_seconds)],
            ['revision', `${health.revision} of ${health.epoch}`],
            ['version', health.version],
          ])
        }
        if (health.status !== 'healthy') {
          throw new CommandFailure('UNHEALTHY', `${registry.shownUrl} is unhealthy: see its log`)
        }
      }),
    )
}
