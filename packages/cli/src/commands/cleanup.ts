import type { Command } from 'commander'
import { type RegistryOptions, registryCommand } from '../options/registry-options.ts'
import { print } from '../output/terminal.ts'
import { withRegistry } from '../registry/with-registry.ts'

/** `rollcall cleanup` removes expired agents. */
export function cleanupCommand(): Command {
  return registryCommand('cleanup', ['rollcall cleanup', 'rollcall cleanup --json | jq .removed'])
    .description('Remove expired agents immediately instead of at the next cleanup.')
    .action((options: RegistryOptions) =>
      withRegistry(options, async (registry) => {
        const removed = await registry.cleanUp()
        const agents = removed === 1 ? 'agent' : 'agents'
        const text = options.json
          ? JSON.stringify({ removed })
          : `removed ${removed} expired ${agents}`
        await print(`${text}\n`)
      }),
    )
}
