import type { Heartbeat } from './heartbeat.ts'

/**
 * Merges several heartbeats of one agent in a batch into one, in the position of the last, with the
 * values reported last. The state between two of them is not visible, so a batch creates at most one
 * transition per agent, however often the agent occurs.
 */
export function mergeHeartbeats(heartbeats: readonly Heartbeat[]): Heartbeat[] {
  const merged = new Map<string, Heartbeat>()
  for (const { agentId, status, load } of heartbeats) {
    const earlier = merged.get(agentId)
    merged.delete(agentId)
    merged.set(agentId, {
      agentId,
      status: status ?? earlier?.status,
      load: load ?? earlier?.load,
    })
  }
  return [...merged.values()]
}
