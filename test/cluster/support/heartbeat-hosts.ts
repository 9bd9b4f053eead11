import { setTimeout as sleep } from 'node:timers/promises'
import type { HeartbeatBatchReceipt, HeartbeatReceipt } from '@rollcall/protocol'
import { registration } from '../../e2e/support/http-client.ts'
import type { PatientClient, Persistence } from './retrying-client.ts'

/** Agents that give their signs of life together, or one that does so alone. */
export interface Host {
  readonly agentIds: readonly string[]
  readonly ttlSeconds: number
}

/** Hosts that register their agents at the same time: each has to be done within a TTL. */
const LANES = 2

/** Agents that beat every third of their TTL until they are told to stop. */
export class BeatingFleet {
  /** The longest silence is a part of the TTL of who was silent. */
  readonly figures = { agents: 0, beats: 0, longestSilence: 0 }
  /** Hosts that were silent for nearly their TTL, or longer, and why: what to look at first. */
  readonly closeCalls: string[] = []
  /** What no agent that beats should ever be told. */
  readonly failures: string[] = []
  readonly #client: PatientClient
  readonly #hosts: Promise<void>[] = []
  #isOver = false

  constructor(client: PatientClient) {
    this.#client = client
  }

  /** Resolves when all agents are registered; each host begins to beat when its own are. */
  async start(hosts: readonly Host[]): Promise<void> {
    const waiting = hosts.values()
    await Promise.all(
      Array.from({ length: LANES }, async () => {
        for (const host of waiting) {
          const bornAt = Date.now()
          await Promise.all(host.agentIds.map((agentId) => this.#register(agentId, host)))
          this.#hosts.push(this.#beat(host, bornAt))
        }
      }),
    )
  }

  /** Resolves when the last heartbeat is answered. */
  async stop(): Promise<void> {
    this.#isOver = true
    await Promise.all(this.#hosts)
  }

  async #register(agentId: string, { ttlSeconds }: Host): Promise<void> {
    const agent = registration(agentId, { ttl_seconds: ttlSeconds })
    const { answer } = await this.#client.send('POST', '/agents/register', agent)
    if (answer.status !== 200) this.failures.push(`${agentId}: ${JSON.stringify(answer.body)}`)
    this.figures.agents++
  }

  async #beat(host: Host, bornAt: number): Promise<void> {
    const intervalMs = (host.ttlSeconds * 1000) / 3
    let heardAt = bornAt
    // Not all at the same moment.
    let next = Date.now() + Math.random() * intervalMs
    while (!this.#isOver) {
      await sleep(Math.min(100, Math.max(0, next - Date.now())))
      if (Date.now() < next) continue
      next += intervalMs
      const dueAt = Date.now()
      const { sentAt, answeredAt, attempts } = await this.#send(host)
      const silence = (answeredAt - heardAt) / (host.ttlSeconds * 1000)
      this.figures.longestSilence = Math.max(this.figures.longestSilence, silence)
      if (silence > 0.8) {
        this.closeCalls.push(
          `${host.agentIds[0]} beat again after ${dueAt - heardAt} ms and had its answer after ` +
            `${answeredAt - heardAt} ms, from attempt ${attempts}; its TTL is ${host.ttlSeconds} s`,
        )
      }
      heardAt = sentAt
      this.figures.beats += host.agentIds.length
    }
  }

  async #send({ agentIds }: Host): Promise<Omit<Persistence<unknown>, 'answer'>> {
    const [first] = agentIds
    if (agentIds.length === 1) {
      const path = `/agents/${first}/heartbeat`
      const { answer, ...sent } = await this.#client.send<HeartbeatReceipt>('POST', path)
      if (answer.status !== 200) this.failures.push(`${first}: ${JSON.stringify(answer.body)}`)
      return sent
    }
    const body = { agent_ids: agentIds }
    const path = '/agents/heartbeats'
    const { answer, ...sent } = await this.#client.send<HeartbeatBatchReceipt>('POST', path, body)
    const { ok, unknown } = answer.body
    if (ok !== agentIds.length) this.failures.push(`unknown to the registry: ${unknown}`)
    return sent
  }
}

/** Hosts of some agents each, and agents that beat alone; their TTLs are mixed. */
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
