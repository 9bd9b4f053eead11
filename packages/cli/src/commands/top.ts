import type { DiscoveryClient } from '@rollcall/client'
import type { Command } from 'commander'
import { type RegistryOptions, registryCommand } from '../options/registry-options.ts'
import { LiveScreen } from '../output/live-screen.ts'
import { columns, isTerminal, print, rows } from '../output/terminal.ts'
import { FleetOverview } from '../overview/fleet-overview.ts'
import { overviewLines, overviewSnapshot } from '../overview/overview-lines.ts'
import { interruptSignal } from '../process/interruption.ts'
import { displayUrl } from '../registry/registry-address.ts'
import { withRegistry } from '../registry/with-registry.ts'

const EXAMPLES = [
  'rollcall top',
  'rollcall top --registry http://10.0.0.7:9000',
  'rollcall top --json',
]

/** Redraw interval in milliseconds: four per second look smooth and are readable. */
const REDRAW_MS = 250

/** `rollcall top` shows a live overview of the fleet. */
export function topCommand(): Command {
  return registryCommand('top', EXAMPLES)
    .description('Show a live overview: statuses, capabilities, rates, events.')
    .addHelpText(
      'after',
      `
Runs until q or Ctrl-C. With --json or without a terminal, it prints the current
state and exits.`,
    )
    .action((options: RegistryOptions) =>
      withRegistry(options, async (registry) => {
        const interrupted = interruptSignal()
        const overview = new FleetOverview()
        const watching = new AbortController()
        const signal = AbortSignal.any([interrupted, watching.signal])
        const synced = Promise.withResolvers<void>()
        const followed = follow(registry, { overview, signal, synced: synced.resolve })
        await Promise.race([synced.promise, followed])
        if (isTerminal && !options.json) {
          const registryUrl = displayUrl(registry)
          await draw(overview, { registryUrl, signal, quit: () => watching.abort() })
        } else await print(snapshot(overview, displayUrl(registry), options.json ?? false))
        watching.abort()
        await followed
      }),
    )
}

/** @throws the error of a failed first connection; after that, the watch reconnects */
async function follow(
  registry: DiscoveryClient,
  parts: { overview: FleetOverview; signal: AbortSignal; synced: () => void },
): Promise<void> {
  const { overview, signal, synced } = parts
  let wasSynced = false
  for await (const event of registry.watch({}, { signal })) {
    if (event.type === 'disconnected' && !wasSynced) throw event.error
    overview.apply(event, performance.now())
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
    const viewport = { columns: columns(), rows: rows(), nowMs: performance.now() }
    screen.draw(overviewLines(overview, registryUrl, viewport))
    await screen.pause(REDRAW_MS, signal)
  }
}

function snapshot(overview: FleetOverview, registryUrl: string, asJson: boolean): string {
  if (!asJson) return `${overviewSnapshot(overview, registryUrl).join('\n')}\n`
  const statuses = overview.byStatus()
  const capabilities = overview.byCapability()
  return `${JSON.stringify({ registry: registryUrl, agents: overview.size, statuses, capabilities })}\n`
}
