import type { AgentEvent, DiscoveryClient } from '@rollcall/client'
import { noSuchAgent } from '../output/failure.ts'

/**
 * Returns the newest transitions of an agent, oldest first.
 *
 * @throws CommandFailure if the history knows no such agent
 */
export async function agentHistory(
  registry: DiscoveryClient,
  agentId: string,
  limit: number,
): Promise<readonly AgentEvent[]> {
  const events = await registry.history(agentId, { limit })
  if (events === undefined) throw noSuchAgent(agentId)
  return events
}
