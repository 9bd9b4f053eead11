import type { RegisteredAgent } from '@rollcall/protocol'
import { registration } from '../../e2e/support/http-client.ts'
import type { FeedFollower } from './feed-follower.ts'
import type { RegistryNodes } from './registry-nodes.ts'

const SILENT = 'silent-'

/**
 * Agents that register and send no heartbeat: their expiry shows by how much an outage extended all
 * leases.
 */
export class SilentAgents {
  readonly #registeredAt: ReadonlyMap<string, number>
  readonly #ttlMs: number

  private constructor(registeredAt: ReadonlyMap<string, number>, ttlMs: number) {
    this.#registeredAt = registeredAt
    this.#ttlMs = ttlMs
  }

  static async register(
    nodes: RegistryNodes,
    { agents, ttlSeconds }: { agents: number; ttlSeconds: number },
  ): Promise<SilentAgents> {
    const registered = new Map<string, number>()
    for (let index = 0; index < agents; index++) {
      const agent = registration(`${SILENT}${index}`, { ttl_seconds: ttlSeconds })
      const http = nodes.next()
      const { status, body } = await http.send<RegisteredAgent>('POST', '/agents/register', agent)
      if (status !== 200) throw new Error(`the registration of a silent agent returned ${status}`)
      registered.set(agent.agent_id, Date.parse(body.last_heartbeat))
    }
    return new SilentAgents(registered, ttlSeconds * 1000)
  }

  /**
   * Resolves once all agents have expired, with the minimum and maximum of the milliseconds by
   * which their leases were extended.
   */
  async extensions(feed: FeedFollower, withinMs: number): Promise<{ least: number; most: number }> {
    const deadline = performance.now() + withinMs
    for (;;) {
      const found = feed.events
        .filter(({ type, agent_id }) => type === 'expired' && this.#registeredAt.has(agent_id))
        .map(({ at, agent_id }) => {
          const livedMs = Date.parse(at) - (this.#registeredAt.get(agent_id) ?? 0)
          return livedMs - this.#ttlMs
        })
      if (found.length === this.#registeredAt.size) {
        return { least: Math.min(...found), most: Math.max(...found) }
      }
      const left = deadline - performance.now()
      if (left <= 0) throw new Error(`${found.length} silent agents have expired`)
      await feed.reached(feed.revision + 1, left).catch(() => undefined)
    }
  }
}
