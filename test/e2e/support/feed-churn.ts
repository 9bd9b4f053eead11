import { setTimeout as sleep } from 'node:timers/promises'
import { randomProfile, randomStatus } from './feed-filter.ts'
import type { SeededRandom } from './feed-random.ts'
import { isConnectionLost, type Send } from './http-client.ts'

/** Agents that the churn is about. Those with an even number live from heartbeat to heartbeat. */
const AGENTS = 160
const BRIEF_TTL_SECONDS = 1
const LASTING_TTL_SECONDS = 3600
/** Requests under way at once. */
const WORKERS = 12
/** Milliseconds between an answer and the next request of a worker. */
const GAP_MS = { least: 0, most: 30 }

/** Agents that come, change, fall silent, come back and go, while it runs. */
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
    // Whatever goes wrong is told by pause().
    this.#workers.catch(() => undefined)
  }

  /** @throws Error when an answer was not as it should be */
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
        // The registry was killed; it will be back.
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
        return this.#ask('POST', '/agents/register', agent)
      }
      case 'status':
        return this.#ask('POST', heartbeat, { status: randomStatus(random), load: random.next() })
      case 'heartbeat':
        return this.#ask('POST', heartbeat)
      case 'deregister':
        return this.#ask('DELETE', `/agents/${agentId}`)
      case 'batch': {
        const neighbours = Array.from({ length: 20 }, (_, i) => ({
          agent_id: `feed:${1 + ((number + i) % AGENTS)}`,
          ...(random.chance(0.2) && { status: randomStatus(random) }),
        }))
        return this.#ask('POST', '/agents/heartbeats', { heartbeats: neighbours })
      }
    }
  }

  async #ask(method: string, path: string, body?: unknown): Promise<void> {
    const answer = await this.#send(method, path, body)
    // Unknown: the agent has not registered yet, or is gone.
    if (answer.status === 200 || answer.status === 404) return
    throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
  }
}
