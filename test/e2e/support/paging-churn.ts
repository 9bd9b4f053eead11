import { setTimeout as sleep } from 'node:timers/promises'
import type { Health } from '@rollcall/protocol'
import type { SeededRandom } from './feed-random.ts'
import { type HttpClient, registration } from './http-client.ts'
import { agentIdOf, isUnstable, profile } from './paging-fleet.ts'

/** Concurrent requests. */
const CONNECTIONS = 48
/** Target rate of all connections together. */
const TRANSITIONS_PER_SECOND = 1100
/** Temporary agents registered between two neighbours of the fleet. */
const TEMPORARY_AGENTS = 80

/**
 * Changes throughout the order of the ids: groups of temporary agents register between two stable
 * agents and deregister, and the unstable agents of the fleet deregister, return and change their
 * fields.
 */
export class PagingChurn {
  readonly #http: HttpClient
  readonly #size: number
  #running = true
  #changes = 0
  readonly #began = performance.now()
  readonly #revisionBefore: number
  readonly #connections: Promise<unknown>

  private constructor(
    http: HttpClient,
    options: { size: number; random: SeededRandom; revision: number },
  ) {
    this.#http = http
    this.#size = options.size
    this.#revisionBefore = options.revision
    const work = () => this.#change(options.random.fork())
    this.#connections = Promise.all(Array.from({ length: CONNECTIONS }, work))
    // A failure is reported by stop().
    this.#connections.catch(() => undefined)
  }

  static async start(
    http: HttpClient,
    options: { size: number; random: SeededRandom },
  ): Promise<PagingChurn> {
    return new PagingChurn(http, { ...options, revision: await revisionOf(http) })
  }

  /** Resolves with the transitions since the start. */
  async stop(): Promise<{ transitions: number; perSecond: number }> {
    this.#running = false
    const seconds = (performance.now() - this.#began) / 1000
    const transitions = (await revisionOf(this.#http)) - this.#revisionBefore
    await this.#connections
    return { transitions, perSecond: Math.round(transitions / seconds) }
  }

  async #change(random: SeededRandom): Promise<void> {
    while (this.#running) {
      const number = random.integer(0, this.#size - 1)
      if (isUnstable(number)) await this.#changeUnstable(number, random)
      else if (random.chance(0.02)) await this.#registerTemporary(number, random)
    }
  }

  /** Changes the fields or the status of an unstable agent, or deregisters it for a moment. */
  async #changeUnstable(number: number, random: SeededRandom): Promise<void> {
    const agentId = agentIdOf(number)
    switch (random.weighted({ looks: 3, status: 2, absence: 1 })) {
      case 'looks':
        return this.#register(agentId, random)
      case 'status':
        return this.#send('POST', `/agents/${agentId}/heartbeat`, {
          status: random.pick(['ready', 'busy', 'draining']),
        })
      case 'absence':
        await this.#send('DELETE', `/agents/${agentId}`)
        return this.#register(agentId, random)
    }
  }

  /** Registers temporary agents after an agent, one by one, and deregisters them all. */
  async #registerTemporary(number: number, random: SeededRandom): Promise<void> {
    const temporary = Array.from(
      { length: TEMPORARY_AGENTS },
      (_, index) => `${agentIdOf(number)}:${index}`,
    )
    for (const index of temporary) await this.#register(index, random)
    for (const index of temporary) await this.#send('DELETE', `/agents/${index}`)
  }

  #register(agentId: string, random: SeededRandom): Promise<void> {
    const looks = { ...profile(random.integer(0, 29)), port: random.integer(8000, 8999) }
    return this.#send('POST', '/agents/register', registration(agentId, looks))
  }

  async #send(method: string, path: string, body?: unknown): Promise<void> {
    const { status } = await this.#http.send(method, path, body)
    // Two connections may change the same agent.
    if (status !== 200 && status !== 404) throw new Error(`${method} ${path}: ${status}`)
    this.#changes++
    const due = this.#began + (this.#changes / TRANSITIONS_PER_SECOND) * 1000
    const early = due - performance.now()
    if (early > 0) await sleep(early)
  }
}

async function revisionOf(http: HttpClient): Promise<number> {
  const { body } = await http.get<Health>('/health')
  return body.revision
}
