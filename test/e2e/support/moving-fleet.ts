import { setTimeout as sleep } from 'node:timers/promises'
import type { HeartbeatBatchReceipt, Registration } from '@rollcall/protocol'
import { HttpClient, isConnectionLost } from './http-client.ts'

/** Heartbeats in one call. */
const BATCH = 10_000
/** Registrations under way at once. */
const WORKERS = 32
/** Milliseconds between two tries while nobody answers. */
const RETRY_MS = 50

/** Agents of one process that register once, and then only beat, whoever answers. */
export class MovingFleet implements AsyncDisposable {
  /** Agents that a registry did not know, and calls that it refused. */
  readonly lost = new Set<string>()
  readonly refused: number[] = []
  /** Times that all of them were renewed. */
  rounds = 0
  readonly #http: HttpClient
  /** By seconds of their TTL. */
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
        if (status !== 200) throw new Error(`${agent.agent_id} was answered with ${status}`)
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
      // In short pieces: it may be over at any time.
      for (let left = restMs; left > 0 && !this.#isOver; left -= 100)
        await sleep(Math.min(left, 100))
    }
  }

  /** Whether somebody answered. */
  async #beat(ids: readonly string[]): Promise<boolean> {
    try {
      const body = { agent_ids: ids }
      const answer = await this.#http.send<HeartbeatBatchReceipt>(
        'POST',
        '/agents/heartbeats',
        body,
      )
      if (answer.status === 200) for (const id of answer.body.unknown) this.lost.add(id)
      // The registry is just being stopped; whoever is told so tries again.
      else if (answer.status === 503) return false
      else this.refused.push(answer.status)
      return true
    } catch (error) {
      if (this.#isOver || isConnectionLost(error)) return false
      throw error
    }
  }
}
