import { setTimeout as sleep } from 'node:timers/promises'
import type { AgentEvent, HeartbeatReceipt, RegisteredAgent } from '@rollcall/protocol'
import { registration } from '../../e2e/support/http-client.ts'
import type { PatientClient, Persistence } from './retrying-client.ts'

/** What is known of the lease of an agent; Unix ms. */
interface KnownLease {
  readonly ttlMs: number
  /** When its last acknowledged sign of life was sent, or its registration. */
  sentAt: number
  /** What the last receipt told; undefined until the agent falls silent. */
  deadline: number | undefined
  /** Of the last visible change of the agent, as the last receipt told. */
  revision: number
}

/** Agents that are stopped on purpose, and what became of them. */
export class SilencedAgents {
  /** Of each that expired, by how many milliseconds its deadline was over when that was told. */
  readonly delaysMs: number[] = []
  /** Expiries before their time, or never. */
  readonly failures: string[] = []
  /** Agents that had their answers so late that their leases were over: they do not count. */
  readonly figures = { overtaken: 0 }
  /** Of those that have not expired yet. */
  readonly #leases = new Map<string, KnownLease>()
  readonly #lives: Promise<void>[] = []
  readonly #client: PatientClient
  #count = 0

  constructor(client: PatientClient) {
    this.#client = client
  }

  /** Launches agents at that pace until it is told to stop. */
  async launchUntil(
    isOver: () => boolean,
    options: { everyMs: number; ttlsSeconds: readonly number[] },
  ): Promise<void> {
    const { everyMs, ttlsSeconds } = options
    while (!isOver()) {
      const ttlSeconds = ttlsSeconds[Math.floor(Math.random() * ttlsSeconds.length)] ?? 1
      const beats = Math.floor(Math.random() * 3)
      this.#lives.push(this.#live(`silenced:${this.#count++}`, { ttlSeconds, beats }))
      await sleep(everyMs)
    }
  }

  /** Takes an event of a feed; the first feed to tell of an expiry is the one that counts. */
  take({ type, agent_id, revision }: AgentEvent): void {
    if (type !== 'expired') return
    const lease = this.#leases.get(agent_id)
    if (lease === undefined) return
    // It came late and was revived: that answer was here before the news of its expiry.
    if (revision < lease.revision) {
      this.figures.overtaken++
      return
    }
    this.#leases.delete(agent_id)
    const now = Date.now()
    const leftMs = lease.sentAt + lease.ttlMs - now
    if (leftMs > 0) this.failures.push(`${agent_id} expired ${leftMs} ms before its time`)
    else if (lease.deadline === undefined) this.figures.overtaken++
    else this.delaysMs.push(now - lease.deadline)
  }

  /** Resolves when all have fallen silent and expired, or are late by more than that. */
  async end(graceMs: number): Promise<void> {
    await Promise.all(this.#lives)
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

  /** Registers, beats so many times, and is never heard again. */
  async #live(agentId: string, options: { ttlSeconds: number; beats: number }): Promise<void> {
    const ttlMs = options.ttlSeconds * 1000
    const lease: KnownLease = { ttlMs, sentAt: Date.now(), deadline: undefined, revision: 0 }
    this.#leases.set(agentId, lease)
    const agent = registration(agentId, { ttl_seconds: options.ttlSeconds })
    let last: Persistence<RegisteredAgent | HeartbeatReceipt> =
      await this.#client.send<RegisteredAgent>('POST', '/agents/register', agent)
    for (let beat = 0; beat < options.beats && last.answer.status === 200; beat++) {
      lease.sentAt = beat === 0 ? lease.sentAt : last.sentAt
      lease.revision = last.answer.body.revision
      await sleep(ttlMs / 3)
      last = await this.#client.send<HeartbeatReceipt>('POST', `/agents/${agentId}/heartbeat`)
    }
    if (last.answer.status !== 200) this.#refused(agentId, last)
    else {
      if (options.beats > 0) lease.sentAt = last.sentAt
      lease.deadline = Date.parse(last.answer.body.expires_at)
      lease.revision = last.answer.body.revision
    }
  }

  /** Who comes too late may be gone already, whether its expiry was told here or not yet. */
  #refused(agentId: string, { answer, answeredAt }: Persistence<unknown>): void {
    const lease = this.#leases.get(agentId)
    if (lease === undefined) return
    this.#leases.delete(agentId)
    const isLate = answer.status === 404 && answeredAt >= lease.sentAt + lease.ttlMs
    if (isLate) this.figures.overtaken++
    else this.failures.push(`${agentId}: ${JSON.stringify(answer.body)}`)
  }
}
