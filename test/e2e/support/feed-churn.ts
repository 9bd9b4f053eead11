import { setTimeout as sleep } from 'node:timers/promises'
import { randomProfile, randomStatus } from './feed-filter.ts'
import type { SeededRandom } from './feed-random.ts'
import { isConnectionLost, type Send } from './http-client.ts'

/** Number of agents that change. Those with an even number have a short TTL. */
const AGENTS = 160
const BRIEF_TTL_SECONDS = 1
const LASTING_TTL_SECONDS = 3600
/** Concurrent requests. */
const WORKERS = 12
/** Milliseconds between a response and the next request of a worker. */
const GAP_MS = { least: 0, most: 30 }

/** Agents that register, change, fall silent, are revived and deregister while it runs. */
export class FeedChurn implements AsyncDisposable {
  readonly #send: Send
  readonly #random: SeededRandom
  #running = false
  #workers: Promise<unknown> = Promise.resolve()

  constructor(send: Send, random: SeededRandom) {
    this.#send = send
    this.#random = random
  }

  start(): void {
    this.#running = true
    this.#workers = Promise.all(
      Array.from({ length: WORKERS }, () => this.#work(this.#random.fork())),
    )
    // A failure is reported by pause().
    this.#workers.catch(() => undefined)
  }

  /** @throws Error after an unexpected response */
  async pause(): Promise<void> {
    this.#running = false
    await this.#workers
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pause()
  }

  async #work(random: SeededRandom): Promise<void> {
    while (this.#running) {
      try {
        await this.#change(random)
      } catch (error) {
        // The registry was killed and will be restarted.
        if (!isConnectionLost(error)) throw error
        await sleep(50)
      }
      await sleep(random.integer(GAP_MS.least, GAP_MS.most))
    }
  }

  async #change(random: SeededRandom): Promise<void> {
    const number = random.integer(1, AGENTS)
    const agentId = `feed:${number}`
    const heartbeat = `/agents/${agentId}/heartbeat`
    const what = random.weighted({ register: 9, status: 5, heartbeat: 4, deregister: 3, batch: 1 })
    switch (what) {
      case 'register': {
        const ttl_seconds = number % 2 === 0 ? BRIEF_TTL_SECONDS : LASTING_TTL_SECONDS
        const agent = { ...randomProfile(random, agentId), ttl_seconds }
        return this.#request('POST', '/agents/register', agent)
      }
      case 'status':
        return this.#request('POST', heartbeat, {
          status: randomStatus(random),
          load: random.next(),
        })
      case 'heartbeat':
        return this.#request('POST', heartbeat)
      case 'deregister':
        return this.#request('DELETE', `/agents/${agentId}`)
      case 'batch': {
        const neighbours = Array.from({ length: 20 }, (_, i) => ({
          agent_id: `feed:${1 + ((number + i) % AGENTS)}`,
          ...(random.chance(0.2) && { status: randomStatus(random) }),
        }))
        return this.#request('POST', '/agents/heartbeats', { heartbeats: neighbours })
      }
    }
  }

  async #request(method: string, path: string, body?: unknown): Promise<void> {
    const response = await this.#send(method, path, body)
    // 404: the agent has not registered yet, or was removed.
    if (response.status === 200 || response.status === 404) return
    // The tables are being exchanged.
    const { code } = Object(response.body) as { code?: unknown }
    if (code === 'STORAGE_UNAVAILABLE') return
    throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(response.body)}`)
  }
}
