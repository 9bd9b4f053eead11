import { setTimeout as sleep } from 'node:timers/promises'
import type { AgentEvent, HeartbeatReceipt, RegisteredAgent } from '@rollcall/protocol'
import { registration } from '../../e2e/support/http-client.ts'
import type { RetriedResponse, RetryingClient } from './retrying-client.ts'

/** What is known of the lease of an agent; Unix ms. */
interface KnownLease {
  readonly ttlMs: number
  /** When its last acknowledged heartbeat or registration was sent. */
  sentAt: number
  /** From the last receipt; undefined until the agent falls silent. */
  deadline: number | undefined
  /** Revision of the last visible change, from the last receipt. */
  revision: number
}

/** Agents whose heartbeats are stopped on purpose, and how they expired. */
export class SilencedAgents {
  /**
   * For each expired agent, the milliseconds between its deadline and the delivery of its expiry.
   */
  readonly delaysMs: number[] = []
  /** Expiries that came early or never. */
  readonly failures: string[] = []
  /** Agents whose responses arrived after their deadline; they are not counted. */
  readonly figures = { overtaken: 0 }
  /** Agents that have not expired yet. */
  readonly #leases = new Map<string, KnownLease>()
  readonly #running: Promise<void>[] = []
  readonly #client: RetryingClient
  #count = 0

  constructor(client: RetryingClient) {
    this.#client = client
  }

  /** Launches agents at a fixed pace until `isOver` returns true. */
  async launchUntil(
    isOver: () => boolean,
    options: { everyMs: number; ttlsSeconds: readonly number[] },
  ): Promise<void> {
    const { everyMs, ttlsSeconds } = options
    while (!isOver()) {
      const ttlSeconds = ttlsSeconds[Math.floor(Math.random() * ttlsSeconds.length)] ?? 1
      const beats = Math.floor(Math.random() * 3)
      this.#running.push(this.#run(`silenced:${this.#count++}`, { ttlSeconds, beats }))
      await sleep(everyMs)
    }
  }

  /** Handles an event of a feed; the first feed that delivers an expiry counts. */
  receive({ type, agent_id, revision }: AgentEvent): void {
    if (type !== 'expired') return
    const lease = this.#leases.get(agent_id)
    if (lease === undefined) return
    // A late heartbeat revived the agent, and its receipt arrived before this expiry event.
    if (revision < lease.revision) {
      this.figures.overtaken++
      return
    }
    this.#leases.delete(agent_id)
    const now = Date.now()
    const leftMs = lease.sentAt + lease.ttlMs - now
    if (leftMs > 0) this.failures.push(`${agent_id} expired ${leftMs} ms before its deadline`)
    else if (lease.deadline === undefined) this.figures.overtaken++
    else this.delaysMs.push(now - lease.deadline)
  }

  /** Resolves once all agents are silent and expired, or overdue by more than the grace. */
  async end(graceMs: number): Promise<void> {
    await Promise.all(this.#running)
    while (this.#leases.size > 0) {
      await sleep(20)
      const now = Date.now()
      for (const [agentId, { deadline = 0 }] of this.#leases) {
        if (now < deadline + graceMs) continue
        this.failures.push(`${agentId} has not expired ${graceMs} ms after its deadline`)
        this.#leases.delete(agentId)
      }
    }
  }

  /** Registers an agent, sends some heartbeats, and falls silent. */
  async #run(agentId: string, options: { ttlSeconds: number; beats: number }): Promise<void> {
    const ttlMs = options.ttlSeconds * 1000
    const lease: KnownLease = { ttlMs, sentAt: Date.now(), deadline: undefined, revision: 0 }
    this.#leases.set(agentId, lease)
    const agent = registration(agentId, { ttl_seconds: options.ttlSeconds })
    let last: RetriedResponse<RegisteredAgent | HeartbeatReceipt> =
      await this.#client.send<RegisteredAgent>('POST', '/agents/register', agent)
    for (let beat = 0; beat < options.beats && last.response.status === 200; beat++) {
      lease.sentAt = beat === 0 ? lease.sentAt : last.sentAt
      lease.revision = last.response.body.revision
      await sleep(ttlMs / 3)
      last = await this.#client.send<HeartbeatReceipt>('POST', `/agents/${agentId}/heartbeat`)
    }
    if (last.response.status !== 200) this.#handleRejection(agentId, last)
    else {
      if (options.beats > 0) lease.sentAt = last.sentAt
      lease.deadline = Date.parse(last.response.body.expires_at)
      lease.revision = last.response.body.revision
    }
  }

  /**
   * A late heartbeat may find the agent removed, whether or not its expiry was already delivered.
   */
  #handleRejection(agentId: string, { response, respondedAt }: RetriedResponse<unknown>): void {
    const lease = this.#leases.get(agentId)
    if (lease === undefined) return
    this.#leases.delete(agentId)
    const isLate = response.status === 404 && respondedAt >= lease.sentAt + lease.ttlMs
    if (isLate) this.figures.overtaken++
    else this.failures.push(`${agentId}: ${JSON.stringify(response.body)}`)
  }
}
