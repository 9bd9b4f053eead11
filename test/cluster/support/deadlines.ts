import { setTimeout as sleep } from 'node:timers/promises'
import type { Agent, RegisteredAgent } from '@rollcall/protocol'
import { registration } from '../../e2e/support/http-client.ts'
import type { ClusterNode } from './cluster-node.ts'

/** Deadlines of leases by agent id; Unix ms. */
export type Deadlines = ReadonlyMap<string, number>

/** Registers agents with one TTL. Returns their deadlines. */
export async function registerAll(
  { http }: ClusterNode,
  agentIds: readonly string[],
  ttlSeconds: number,
): Promise<Deadlines> {
  const responses = await Promise.all(
    agentIds.map((agentId) => {
      const agent = registration(agentId, { ttl_seconds: ttlSeconds })
      return http.send<RegisteredAgent>('POST', '/agents/register', agent)
    }),
  )
  for (const { status, body } of responses) {
    if (status !== 200) throw new Error(`a registration returned ${JSON.stringify(body)}`)
  }
  return new Map(responses.map(({ body }) => [body.agent_id, Date.parse(body.expires_at)]))
}

/** Returns the deadlines of listed agents, as displayed. */
export function deadlinesOf(agents: readonly Agent[]): Deadlines {
  return new Map(agents.map((agent) => [agent.agent_id, Date.parse(agent.expires_at)]))
}

/**
 * Polls the live list until all agents should have expired.
 *
 * @returns by how many milliseconds each agent left the list early (negative) or was still listed
 * after its deadline (positive); agents without an error are omitted
 */
export async function watchExpiries(
  node: ClusterNode,
  deadlines: Deadlines,
  untilMs: number,
): Promise<Map<string, number>> {
  const errors = new Map<string, number>()
  const unlisted = new Set<string>()
  while (unlisted.size < deadlines.size) {
    const sentAt = Date.now()
    const listed = new Set((await node.agents()).map(({ agent_id }) => agent_id))
    const respondedAt = Date.now()
    for (const [agentId, deadline] of deadlines) {
      const isListed = listed.has(agentId)
      if (isListed && sentAt > deadline) errors.set(agentId, sentAt - deadline)
      if (isListed || unlisted.has(agentId)) continue
      unlisted.add(agentId)
      if (respondedAt < deadline) errors.set(agentId, respondedAt - deadline)
    }
    if (sentAt > untilMs) return errors
    await sleep(10)
  }
  return errors
}
