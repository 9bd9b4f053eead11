import type { DiscoveryClient } from '@rollcall/client'
import type { Command } from 'commander'
import { type RegistryOptions, registryCommand } from '../options/registry-options.ts'
import { LiveScreen } from '../output/live-screen.ts'
import { columns, isTerminal, print, rows } from '../output/terminal.ts'
import { FleetOverview } from '../overview/fleet-overview.ts'
import { overviewLines, overviewSnapshot } from '../overview/overview-lines.ts'
import { interruption } from '../process/interruption.ts'
import { withRegistry } from '../registry/with-registry.ts'

const EXAMPLES = [
  'rollcall top',
  'rollcall top --registry http://10.0.0.7:9000',
  'rollcall top --json',
]

/** Milliseconds between two drawings: four a second are fluent, and can be read. */
const REDRAW_MS = 250

/** `rollcall top`: the fleet from above, as it changes. */
export function topCommand(): Command {
  return registryCommand('top', EXAMPLES)
    .description('Show the fleet from above: statuses, capabilities, rates, latest events.')
    .addHelpText(
      'after',
      `
Goes on until q or Ctrl-C. Elsewhere than on a terminal, and with --json, it
prints how things are and ends.`,
    )
    .action((options: RegistryOptions) =>
      withRegistry(options, async (registry) => {
        const interrupted = interruption()
        const overview = new FleetOverview()
        const watching = new AbortController()
        const signal = AbortSignal.any([interrupted, watching.signal])
        const synced = Promise.withResolvers<void>()
        const followed = follow(registry, { overview, signal, synced: synced.resolve })
        await Promise.race([synced.promise, followed])
        if (isTerminal && !options.json) {
          const registryUrl = registry.shownUrl
          await draw(overview, { registryUrl, signal, quit: () => watching.abort() })
        } else await print(snapshot(overview, registry.shownUrl, options.json ?? false))
        watching.abort()
        await followed
      }),
    )
}

/** @throws what keeps it from hearing anything; later it goes on by itself */
async function follow(
  registry: DiscoveryClient,
  parts: { overview: FleetOverview; signal: AbortSignal; synced: () => void },
): Promise<void> {
  const { overview, signal, synced } = parts
  let wasSynced = false
  for await (const event of registry.watch({}, { signal })) {
    if (event.type === 'disconnected' && !wasSynced) throw event.error
    overview.take(event, performance.now())
    if (event.type !== 'synced') continue
    wasSynced = true
    synced()
  }
}

async function draw(
  overview: FleetOverview,
  parts: { registryUrl: string; signal: AbortSignal; quit: () => void },
): Promise<void> {
  const { registryUrl, signal, quit } = parts
  using screen = new LiveScreen(quit)
  while (!signal.aborted) {
    const room = { columns: columns(), rows: rows(), nowMs: performance.now() }
    screen.draw(overviewLines(overview, registryUrl, room))
    await screen.pause(REDRAW_MS, signal)
  }
}

function snapshot(overview: FleetOverview, registryUrl: string, asJson: boolean): string {
  if (!asJson) return `${overviewSnapshot(overview, registryUrl).join('\n')}\n`
  const statuses = overview.byStatus()
  const capabilities = overview.byCapability()
  return `${JSON.stringify({ registry: registryUrl, agents: overview.size, statuses, capabilities })}\n`
}
