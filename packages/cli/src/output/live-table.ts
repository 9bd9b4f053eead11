import type { Agent, AgentFilter, DiscoveryClient, LiveView } from '@rollcall/client'
import { type AgentSort, LIMITS } from '@rollcall/protocol'
import { Interruption, interruptSignal } from '../process/interruption.ts'
import { displayUrl } from '../registry/registry-address.ts'
import { agentTable } from './agent-table.ts'
import { LiveScreen } from './live-screen.ts'
import { columns, paint, rows } from './terminal.ts'
import { formatDuration } from './time-format.ts'

/** Options of a live table. */
export interface LiveTableOptions {
  readonly filter: AgentFilter
  readonly sort: AgentSort | undefined
  /** Maximum number of rows; default: as many as fit on the screen. */
  readonly limit: number | undefined
  readonly wide: boolean
}

/** Interval of checks for a change, in milliseconds: the maximum redraw rate. */
const POLL_MS = 100
/** Interval to refresh heartbeat ages, in milliseconds: heartbeats are not changes. */
const REFRESH_MS = 1000
/** Lines of the screen that are not agents: title, empty line, header, and one below. */
const OTHER_LINES = 4

/**
 * Shows a list that stays current until q or Ctrl-C. The live view provides the number of agents
 * and notices changes; the visible rows are read with list requests, which include heartbeat times
 * and the sort order.
 *
 * @throws the error of the first list request; later errors are displayed and retried
 */
export async function showLiveTable(
  registry: DiscoveryClient,
  options: LiveTableOptions,
): Promise<void> {
  const quitting = new AbortController()
  const interrupted = AbortSignal.any([interruptSignal(), quitting.signal])
  let agents = await readRows(registry, options, interrupted)
  let currentAt = performance.now()
  await using view = registry.liveView(options.filter)
  using screen = new LiveScreen(() => quitting.abort(new Interruption()))
  // Waits briefly for the view, so that the first count is correct.
  await Promise.race([view.ready.catch(() => undefined), screen.pause(REFRESH_MS, interrupted)])
  let shown: LiveView['agents'] | undefined
  let lookedAt = Number.NEGATIVE_INFINITY
  while (!interrupted.aborted) {
    const isOld = performance.now() - lookedAt >= REFRESH_MS
    if (shown !== view.agents || isOld || screen.wasResized) {
      shown = view.agents
      lookedAt = performance.now()
      try {
        agents = await readRows(registry, options, interrupted)
        currentAt = performance.now()
      } catch {
        // While the registry is unreachable, the last rows stay; the title shows their age.
      }
      const total = Math.max(agents.length, view.agents.length)
      const ageMs = currentAt < lookedAt ? performance.now() - currentAt : 0
      const title = titleOf({ total, registryUrl: displayUrl(registry), ageMs })
      screen.draw([title, '', ...linesOf(agents, total, options)])
    }
    await screen.pause(POLL_MS, interrupted)
  }
}

function readRows(
  registry: DiscoveryClient,
  options: LiveTableOptions,
  signal: AbortSignal,
): Promise<Agent[]> {
  const { filter, sort, limit = Number.POSITIVE_INFINITY } = options
  const room = Math.max(1, rows() - OTHER_LINES)
  const query = { ...filter, sort, limit: Math.min(limit, room, LIMITS.pageSize) }
  return registry.list(query, { signal })
}

/** @param shown.ageMs age of the rows in milliseconds; 0 if they are current */
function titleOf(shown: { total: number; registryUrl: string; ageMs: number }): string {
  const { total, registryUrl, ageMs } = shown
  const agents = paint('bold', `${total} ${total === 1 ? 'agent' : 'agents'}`)
  const state = ageMs === 0 ? '' : paint('red', `, unreachable for ${formatDuration(ageMs / 1000)}`)
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
