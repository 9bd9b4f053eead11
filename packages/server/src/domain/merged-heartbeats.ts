import type { Heartbeat } from './heartbeat.ts'

/**
 * Of several heartbeats of one agent in a batch, makes one, in the place of the last, with what was
 * reported last. Nothing between two of them can be seen, so a batch makes at most one transition
 * for each agent, however often it names it.
 */
export function mergeHeartbeats(heartbeats: readonly Heartbeat[]): Heartbeat[] {
  const merged = new Map<string, Heartbeat>()
  for (const { agentId, status, load } of heartbeats) {
    const before = merged.get(agentId)
    merged.delete(agentId)
    merged.set(agentId, {
      agentId,
      status: status ?? before?.status,
      load: load ?? before?.load,
    })
  }
  return [...merged.values()]
}
