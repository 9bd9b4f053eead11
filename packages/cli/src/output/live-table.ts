import type { Agent, AgentFilter, LiveView } from '@rollcall/client'
import { type AgentSort, LIMITS } from '@rollcall/protocol'
import { Interruption, interruption } from '../process/interruption.ts'
import type { CommandRegistry } from '../registry/command-registry.ts'
import { longSpan } from './age.ts'
import { agentTable } from './agent-table.ts'
import { LiveScreen } from './live-screen.ts'
import { columns, paint, rows } from './terminal.ts'

/** What a live table shows. */
export interface LiveTableOptions {
  readonly filter: AgentFilter
  readonly sort: AgentSort | undefined
  /** Rows, at the most; default: as many as there is room for. */
  readonly limit: number | undefined
  readonly wide: boolean
}

/** How often to look for a change. A busy fleet is redrawn so often, a quiet one hardly ever. */
const LOOK_MS = 100
/** Heartbeats are no changes, so the ages of them are read anew this often. */
const FRESH_MS = 1000
/** Lines of the screen that are not agents: a title, a blank, the header, and one below. */
const OTHER_LINES = 4

/**
 * Shows a list that stays current, until q or Ctrl-C. The view says how many agents there are and when
 * they change; the rows on the screen are read from the list, which also knows of heartbeats and
 * of the order.
 *
 * @throws what the first read of the list throws; what comes later is shown, and tried again
 */
export async function showLiveTable(
  registry: CommandRegistry,
  options: LiveTableOptions,
): Promise<void> {
  const quitting = new AbortController()
  const interrupted = AbortSignal.any([interruption(), quitting.signal])
  let agents = await readRows(registry, options, interrupted)
  let currentAt = performance.now()
  await using view = registry.liveView(options.filter)
  using screen = new LiveScreen(() => quitting.abort(new Interruption()))
  // So that the first number of agents is the right one; what keeps the view is shown without it.
  await Promise.race([view.ready.catch(() => undefined), screen.pause(FRESH_MS, interrupted)])
  let shown: LiveView['agents'] | undefined
  let lookedAt = Number.NEGATIVE_INFINITY
  while (!interrupted.aborted) {
    const isOld = performance.now() - lookedAt >= FRESH_MS
    if (shown !== view.agents || isOld || screen.wasResized) {
      shown = view.agents
      lookedAt = performance.now()
      try {
        agents = await readRows(registry, options, interrupted)
        currentAt = performance.now()
      } catch {
        // While the registry is away, what was there stays; its age tells.
      }
      const total = Math.max(agents.length, view.agents.length)
      const ageMs = currentAt < lookedAt ? performance.now() - currentAt : 0
      const title = titleOf({ total, registryUrl: registry.shownUrl, ageMs })
      screen.draw([title, '', ...linesOf(agents, total, options)])
    }
    await screen.pause(LOOK_MS, interrupted)
  }
}

function readRows(
  registry: CommandRegistry,
  options: LiveTableOptions,
  signal: AbortSignal,
): Promise<Agent[]> {
  const { filter, sort, limit = Number.POSITIVE_INFINITY } = options
  const room = Math.max(1, rows() - OTHER_LINES)
  const query = { ...filter, sort, limit: Math.min(limit, room, LIMITS.pageSize) }
  return registry.list(query, { signal })
}

/** @param shown `ageMs` 0: what is shown is current */
function titleOf(shown: { total: number; registryUrl: string; ageMs: number }): string {
  const { total, registryUrl, ageMs } = shown
  const agents = paint('bold', `${total} ${total === 1 ? 'agent' : 'agents'}`)
  const state = ageMs === 0 ? '' : paint('red', `, away for ${longSpan(ageMs / 1000)}`)
  return `${agents} at ${registryUrl}${state}`
}

function linesOf(agents: readonly Agent[], total: number, options: LiveTableOptions): string[] {
  if (agents.length === 0) return []
  const table = agentTable(agents, columns(), { wide: options.wide })
  const more = total - agents.length
  return [
    table.header,
    ...agents.map((agent) => table.line(agent)),
    ...(more > 0 ? [paint('dim', `… and ${more} more`)] : []),
  ]
}
