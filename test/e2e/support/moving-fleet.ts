import { setTimeout as sleep } from 'node:timers/promises'
import type { HeartbeatBatchReceipt, Registration } from '@rollcall/protocol'
import { HttpClient, isConnectionLost } from './http-client.ts'

/** Heartbeats per batch request. */
const BATCH = 10_000
/** Concurrent registrations. */
const WORKERS = 32
/** Milliseconds between attempts while the registry is unreachable. */
const RETRY_MS = 50

/**
 * Agents of one process that register once, and then only send heartbeats, whichever registry
 * responds.
 */
export class MovingFleet implements AsyncDisposable {
  /** Agents unknown to a registry, and statuses of rejected requests. */
  readonly lost = new Set<string>()
  readonly refused: number[] = []
  /** How often all of them were renewed. */
  rounds = 0
  readonly #http: HttpClient
  /** Agent ids by TTL in seconds. */
  readonly #agents = new Map<number, string[]>()
  readonly #beating: Promise<unknown>[] = []
  #isOver = false

  constructor(url: string) {
    this.#http = new HttpClient(url)
  }

  /** Registers agents; from here on each sends a heartbeat every third of its TTL. */
  async join(agents: readonly Registration[]): Promise<void> {
    const waiting = [...agents].reverse()
    const work = async (): Promise<void> => {
      for (let agent = waiting.pop(); agent !== undefined; agent = waiting.pop()) {
        const { status } = await this.#http.send('POST', '/agents/register', agent)
        if (status !== 200) throw new Error(`${agent.agent_id} got status ${status}`)
        this.#beatFor(agent.agent_id, agent.ttl_seconds ?? 60)
      }
    }
    await Promise.all(Array.from({ length: WORKERS }, work))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true
    this.#http.close()
    await Promise.all(this.#beating)
  }

  #beatFor(agentId: string, ttlSeconds: number): void {
    const alike = this.#agents.get(ttlSeconds)
    if (alike !== undefined) {
      alike.push(agentId)
      return
    }
    this.#agents.set(ttlSeconds, [agentId])
    this.#beating.push(this.#beatEvery((ttlSeconds * 1000) / 3, ttlSeconds))
  }

  async #beatEvery(intervalMs: number, ttlSeconds: number): Promise<void> {
    while (!this.#isOver) {
      const began = performance.now()
      const ids = this.#agents.get(ttlSeconds) ?? []
      for (let at = 0; at < ids.length && !this.#isOver; ) {
        if (await this.#beat(ids.slice(at, at + BATCH))) at += BATCH
        else await sleep(RETRY_MS)
      }
      this.rounds++
      const restMs = intervalMs - (performance.now() - began)
      // In short steps, to stop promptly.
      for (let left = restMs; left > 0 && !this.#isOver; left -= 100)
        await sleep(Math.min(left, 100))
    }
  }

  /** Returns whether the registry responded. */
  async #beat(ids: readonly string[]): Promise<boolean> {
    try {
      const body = { agent_ids: ids }
      const response = await this.#http.send<HeartbeatBatchReceipt>(
        'POST',
        '/agents/heartbeats',
        body,
      )
      if (response.status === 200) for (const id of response.body.unknown) this.lost.add(id)
      // The registry is shutting down; the client retries.
      else if (response.status === 503) return false
      else this.refused.push(response.status)
      return true
    } catch (error) {
      if (this.#isOver || isConnectionLost(error)) return false
      throw error
    }
  }
}
