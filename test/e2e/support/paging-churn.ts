import { setTimeout as sleep } from 'node:timers/promises'
import type { Health } from '@rollcall/protocol'
import type { SeededRandom } from './feed-random.ts'
import { type HttpClient, registration } from './http-client.ts'
import { agentIdOf, isRestless, profile } from './paging-fleet.ts'

/** Requests under way at once. */
const CONNECTIONS = 48
/** What all connections together aim at. */
const TRANSITIONS_PER_SECOND = 1100
/** Agents that come between two neighbours of the fleet, and go again. */
const GUESTS = 80

/**
 * Changes everywhere in the order of the ids: whole groups come between two lasting agents and
 * go again, and the restless agents of the fleet leave, come back and look like someone else.
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
    // Whatever goes wrong is told by stop().
    this.#connections.catch(() => undefined)
  }

  static async start(
    http: HttpClient,
    options: { size: number; random: SeededRandom },
  ): Promise<PagingChurn> {
    return new PagingChurn(http, { ...options, revision: await revisionOf(http) })
  }

  /** Resolves with what the registry has gone through since the start. */
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
      if (isRestless(number)) await this.#disturb(number, random)
      else if (random.chance(0.02)) await this.#visit(number, random)
    }
  }

  /** A restless agent of the fleet changes its looks, its status, or is gone for a moment. */
  async #disturb(number: number, random: SeededRandom): Promise<void> {
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

  /** Guests come behind an agent, one after the other, and all go again. */
  async #visit(number: number, random: SeededRandom): Promise<void> {
    const guests = Array.from({ length: GUESTS }, (_, guest) => `${agentIdOf(number)}:${guest}`)
    for (const guest of guests) await this.#register(guest, random)
    for (const guest of guests) await this.#send('DELETE', `/agents/${guest}`)
  }

  #register(agentId: string, random: SeededRandom): Promise<void> {
    const looks = { ...profile(random.integer(0, 29)), port: random.integer(8000, 8999) }
    return this.#send('POST', '/agents/register', registration(agentId, looks))
  }

  async #send(method: string, path: string, body?: unknown): Promise<void> {
    const { status } = await this.#http.send(method, path, body)
    // Two connections may disturb the same agent.
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
