import { setTimeout as sleep } from 'node:timers/promises'
import type { HeartbeatBatchReceipt, Registration } from '@rollcall/protocol'
import { HttpClient, registration } from './http-client.ts'

/** Groups whose heartbeats are spread over the interval: a third of the TTL. */
const GROUPS = 10
const REGISTRATIONS_AT_ONCE = 200
/** Milliseconds before a registration is sent again. */
const RETRY_MS = 500

/** Registers an agent. On 503, retries as agents do: the database of a busy machine may take too long for one. */
async function registerUntilAccepted(client: HttpClient, agent: Registration): Promise<void> {
  for (;;) {
    const { status } = await client.send('POST', '/agents/register', agent)
    if (status === 200) return
    if (status !== 503) throw new Error(`the registration of ${agent.agent_id} got ${status}`)
    await sleep(RETRY_MS)
  }
}

/** Sends the heartbeats of a fleet in batches, spread over the interval, as a healthy fleet does. */
export class HeartbeatLoader implements AsyncDisposable {
  readonly ids: readonly string[]
  readonly #clients: readonly HttpClient[]
  readonly #groupMs: number
  readonly #silent = new Set<string>()
  readonly #acknowledged = new Set<string>()
  #running: Promise<void> | undefined
  #stopped = false

  private constructor(urls: readonly string[], ids: readonly string[], ttlSeconds: number) {
    this.#clients = urls.map((url) => new HttpClient(url))
    this.ids = ids
    this.#groupMs = (ttlSeconds * 1000) / 3 / GROUPS
  }

  /** Registers `agent-0`, `agent-1`, … and sends their heartbeats, to all addresses in turn. */
  static async start(options: {
    urls: readonly string[]
    size: number
    ttlSeconds: number
  }): Promise<HeartbeatLoader> {
    const { urls, size, ttlSeconds } = options
    const ids = Array.from({ length: size }, (_, at) => `agent-${at}`)
    const loader = new HeartbeatLoader(urls, ids, ttlSeconds)
    const left = ids.values()
    const register = async (client: HttpClient): Promise<void> => {
      for (const id of left) {
        await registerUntilAccepted(client, registration(id, { ttl_seconds: ttlSeconds }))
      }
    }
    loader.#running = loader.#run()
    const lanes = Array.from({ length: REGISTRATIONS_AT_ONCE }, (_, at) => loader.#clientOf(at))
    await Promise.all(lanes.map(register))
    return loader
  }

  /** Sends no more heartbeats of these agents. */
  silence(ids: readonly string[]): void {
    for (const id of ids) this.#silent.add(id)
  }

  /** Resolves once each agent that is not silent has had a heartbeat acknowledged from now on. */
  async round(): Promise<void> {
    this.#acknowledged.clear()
    while (!this.ids.every((id) => this.#silent.has(id) || this.#acknowledged.has(id))) {
      await sleep(20)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true
    await this.#running
    for (const client of this.#clients) client.close()
  }

  async #run(): Promise<void> {
    const pending = new Set<Promise<void>>()
    for (let turn = 0; !this.#stopped; turn++) {
      const group = this.ids.filter(
        (id, at) => at % GROUPS === turn % GROUPS && !this.#silent.has(id),
      )
      const sent = this.#send(group, turn).finally(() => pending.delete(sent))
      pending.add(sent)
      await sleep(this.#groupMs)
    }
    await Promise.all(pending)
  }

  async #send(ids: readonly string[], turn: number): Promise<void> {
    if (ids.length === 0) return
    try {
      const { status, body } = await this.#clientOf(turn).send<HeartbeatBatchReceipt>(
        'POST',
        '/agents/heartbeats',
        { agent_ids: ids },
      )
      if (status !== 200) return
      const unknown = new Set(body.unknown)
      for (const id of ids) if (!unknown.has(id)) this.#acknowledged.add(id)
    } catch {
      // The network is cut, or the registry is down: the next turn tries again.
    }
  }

  #clientOf(number: number): HttpClient {
    return this.#clients[number % this.#clients.length] as HttpClient
  }
}
