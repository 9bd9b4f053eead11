import { setTimeout as sleep } from 'node:timers/promises'
import type { Agent, RegisteredAgent } from '@rollcall/protocol'
import { registration } from '../../e2e/support/http-client.ts'
import type { ClusterNode } from './cluster-node.ts'

/** When the leases of agents end, by id; Unix ms. */
export type Deadlines = ReadonlyMap<string, number>

/** Registers agents of one TTL, and gives when their leases end. */
export async function registerAll(
  { http }: ClusterNode,
  agentIds: readonly string[],
  ttlSeconds: number,
): Promise<Deadlines> {
  const answers = await Promise.all(
    agentIds.map((agentId) => {
      const agent = registration(agentId, { ttl_seconds: ttlSeconds })
      return http.send<RegisteredAgent>('POST', '/agents/register', agent)
    }),
  )
  for (const { status, body } of answers) {
    if (status !== 200) throw new Error(`a registration was answered with ${JSON.stringify(body)}`)
  }
  return new Map(answers.map(({ body }) => [body.agent_id, Date.parse(body.expires_at)]))
}

/** When the leases of listed agents end, as it is shown. */
export function deadlinesOf(agents: readonly Agent[]): Deadlines {
  return new Map(agents.map((agent) => [agent.agent_id, Date.parse(agent.expires_at)]))
}

/**
 * Asks who is alive until everybody should be dead.
 *
 * @returns by how many milliseconds each agent was listed too short (less than 0) or was still
 *   listed after its deadline; one of whom neither was seen is not in it
 */
export async function watchThemDie(
  node: ClusterNode,
  deadlines: Deadlines,
  untilMs: number,
): Promise<Map<string, number>> {
  const errors = new Map<string, number>()
  const gone = new Set<string>()
  while (gone.size < deadlines.size) {
    const sentAt = Date.now()
    const listed = new Set((await node.agents()).map(({ agent_id }) => agent_id))
    const answeredAt = Date.now()
    for (const [agentId, deadline] of deadlines) {
      const isListed = listed.has(agentId)
      if (isListed && sentAt > deadline) errors.set(agentId, sentAt - deadline)
      if (isListed || gone.has(agentId)) continue
      gone.add(agentId)
      if (answeredAt < deadline) errors.set(agentId, answeredAt - deadline)
    }
    if (sentAt > untilMs) return errors
    await sleep(10)
  }
  return errors
}
