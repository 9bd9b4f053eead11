import { setTimeout as sleep } from 'node:timers/promises'
import type { HeartbeatBatchReceipt, Registration } from '@rollcall/protocol'
import { HttpClient, isConnectionLost } from './http-client.ts'

/** Heartbeats per request. */
const BATCH = 10_000
/** Concurrent registrations. */
const WORKERS = 32
/** Retry interval in milliseconds while the registry is unreachable. */
const RETRY_MS = 50

/** Agents that register once, and then only send heartbeats to any registry at the address. */
export class MigratingFleet implements AsyncDisposable {
  /** Agents that a registry did not know, and statuses of rejected calls. */
  readonly lost = new Set<string>()
  readonly rejected: number[] = []
  /** Number of times that all leases were renewed. */
  rounds = 0
  readonly #http: HttpClient
  /** Agent ids by TTL in seconds. */
  readonly #agents = new Map<number, string[]>()
  readonly #loops: Promise<unknown>[] = []
  #isStopped = false

  constructor(url: string) {
    this.#http = new HttpClient(url)
  }

  /** Registers agents; then each sends a heartbeat every third of its TTL. */
  async join(agents: readonly Registration[]): Promise<void> {
    const queue = [...agents].reverse()
    const work = async (): Promise<void> => {
      for (let agent = queue.pop(); agent !== undefined; agent = queue.pop()) {
        const { status } = await this.#http.send('POST', '/agents/register', agent)
        if (status !== 200) throw new Error(`${agent.agent_id} got the status ${status}`)
        this.#addToLoop(agent.agent_id, agent.ttl_seconds ?? 60)
      }
    }
    await Promise.all(Array.from({ length: WORKERS }, work))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopped = true
    this.#http.close()
    await Promise.all(this.#loops)
  }

  #addToLoop(agentId: string, ttlSeconds: number): void {
    const sameTtl = this.#agents.get(ttlSeconds)
    if (sameTtl !== undefined) {
      sameTtl.push(agentId)
      return
    }
    this.#agents.set(ttlSeconds, [agentId])
    this.#loops.push(this.#runLoop((ttlSeconds * 1000) / 3, ttlSeconds))
  }

  async #runLoop(intervalMs: number, ttlSeconds: number): Promise<void> {
    while (!this.#isStopped) {
      const startedAt = performance.now()
      const ids = this.#agents.get(ttlSeconds) ?? []
      for (let at = 0; at < ids.length && !this.#isStopped; ) {
        if (await this.#sendBatch(ids.slice(at, at + BATCH))) at += BATCH
        else await sleep(RETRY_MS)
      }
      this.rounds++
      const restMs = intervalMs - (performance.now() - startedAt)
      // Sleeps in short steps, so that it stops quickly.
      for (let left = restMs; left > 0 && !this.#isStopped; left -= 100)
        await sleep(Math.min(left, 100))
    }
  }

  /** Returns whether the registry responded. */
  async #sendBatch(ids: readonly string[]): Promise<boolean> {
    try {
      const body = { agent_ids: ids }
      const response = await this.#http.send<HeartbeatBatchReceipt>(
        'POST',
        '/agents/heartbeats',
        body,
      )
      if (response.status === 200) for (const id of response.body.unknown) this.lost.add(id)
      // The registry is shutting down: retry.
      else if (response.status === 503) return false
      else this.rejected.push(response.status)
      return true
    } catch (error) {
      if (this.#isStopped || isConnectionLost(error)) return false
      throw error
    }
  }
}
