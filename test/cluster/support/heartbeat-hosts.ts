import { setTimeout as sleep } from 'node:timers/promises'
import type { HeartbeatBatchReceipt, HeartbeatReceipt } from '@rollcall/protocol'
import { registration } from '../../e2e/support/http-client.ts'
import type { RetriedResponse, RetryingClient } from './retrying-client.ts'

/** Agents whose heartbeats are sent in one batch, or a single agent that sends its own. */
export interface Host {
  readonly agentIds: readonly string[]
  readonly ttlSeconds: number
}

/** Number of hosts that register their agents concurrently; each must finish within a TTL. */
const CONCURRENT_REGISTRATIONS = 2

/** Agents that send a heartbeat every third of their TTL until stopped. */
export class HeartbeatHosts {
  /** The longest gap between heartbeats is a fraction of the TTL. */
  readonly figures = { agents: 0, beats: 0, longestSilence: 0 }
  /** Hosts whose gap came close to their TTL or exceeded it, and why: where to start debugging. */
  readonly closeCalls: string[] = []
  /** Responses that no agent with timely heartbeats may get. */
  readonly failures: string[] = []
  readonly #client: RetryingClient
  readonly #hosts: Promise<void>[] = []
  #isOver = false

  constructor(client: RetryingClient) {
    this.#client = client
  }

  /** Resolves once all agents are registered; each host starts its heartbeats once its own are. */
  async start(hosts: readonly Host[]): Promise<void> {
    const waiting = hosts.values()
    await Promise.all(
      Array.from({ length: CONCURRENT_REGISTRATIONS }, async () => {
        for (const host of waiting) {
          const registeredAt = Date.now()
          await Promise.all(host.agentIds.map((agentId) => this.#register(agentId, host)))
          this.#hosts.push(this.#beat(host, registeredAt))
        }
      }),
    )
  }

  /** Resolves once the last heartbeat has its response. */
  async stop(): Promise<void> {
    this.#isOver = true
    await Promise.all(this.#hosts)
  }

  async #register(agentId: string, { ttlSeconds }: Host): Promise<void> {
    const agent = registration(agentId, { ttl_seconds: ttlSeconds })
    const { response } = await this.#client.send('POST', '/agents/register', agent)
    if (response.status !== 200) this.failures.push(`${agentId}: ${JSON.stringify(response.body)}`)
    this.figures.agents++
  }

  async #beat(host: Host, registeredAt: number): Promise<void> {
    const intervalMs = (host.ttlSeconds * 1000) / 3
    let renewedAt = registeredAt
    // Spread over the interval.
    let next = Date.now() + Math.random() * intervalMs
    while (!this.#isOver) {
      await sleep(Math.min(100, Math.max(0, next - Date.now())))
      if (Date.now() < next) continue
      next += intervalMs
      const dueAt = Date.now()
      const { sentAt, respondedAt, attempts } = await this.#send(host)
      const silence = (respondedAt - renewedAt) / (host.ttlSeconds * 1000)
      this.figures.longestSilence = Math.max(this.figures.longestSilence, silence)
      if (silence > 0.8) {
        this.closeCalls.push(
          `${host.agentIds[0]} sent a heartbeat after ${dueAt - renewedAt} ms and had its response after ` +
            `${respondedAt - renewedAt} ms, from attempt ${attempts}; its TTL is ${host.ttlSeconds} s`,
        )
      }
      renewedAt = sentAt
      this.figures.beats += host.agentIds.length
    }
  }

  async #send({ agentIds }: Host): Promise<Omit<RetriedResponse<unknown>, 'response'>> {
    const [first] = agentIds
    if (agentIds.length === 1) {
      const path = `/agents/${first}/heartbeat`
      const { response, ...sent } = await this.#client.send<HeartbeatReceipt>('POST', path)
      if (response.status !== 200) this.failures.push(`${first}: ${JSON.stringify(response.body)}`)
      return sent
    }
    const body = { agent_ids: agentIds }
    const path = '/agents/heartbeats'
    const { response, ...sent } = await this.#client.send<HeartbeatBatchReceipt>('POST', path, body)
    const { ok, unknown } = response.body
    if (ok !== agentIds.length) this.failures.push(`agents unknown to the registry: ${unknown}`)
    return sent
  }
}

/** Creates hosts with several agents each, and single agents; TTLs are mixed. */
export function mixedHosts(options: {
  readonly agents: number
  readonly agentsPerHost: number
  readonly alone: number
  readonly ttlsSeconds: readonly number[]
}): Host[] {
  const { agents, agentsPerHost, alone, ttlsSeconds } = options
  const hosts: Host[] = []
  for (let from = 0; from < agents; ) {
    const size = from < alone ? 1 : Math.min(agentsPerHost, agents - from)
    const agentIds = Array.from({ length: size }, (_, index) => `beating:${from + index}`)
    hosts.push({ agentIds, ttlSeconds: ttlsSeconds[hosts.length % ttlsSeconds.length] ?? 60 })
    from += size
  }
  return hosts
}
