import { setTimeout as sleep } from 'node:timers/promises'
import type { HeartbeatBatchReceipt, RegisteredAgent } from '@rollcall/protocol'
import { registration } from '../../e2e/support/http-client.ts'
import type { RegistryNodes } from './registry-nodes.ts'
import { ResponseCounts } from './response-counts.ts'

/** Prefix of the agent ids. */
export const BEATING = 'beating-'

/** Agents that share a host, which sends their heartbeats in one batch. */
const BATCH = 20
/** Milliseconds between a response, successful or not, and the next heartbeat. */
const PAUSE_MS = 500

/** Agents that send heartbeats, each to the next node. */
export class HeartbeatFleet {
  readonly counts = new ResponseCounts()
  readonly #nodes: RegistryNodes
  readonly #work: Promise<unknown>
  #running = true

  private constructor(nodes: RegistryNodes, agents: number) {
    this.#nodes = nodes
    const single = Array.from({ length: agents }, (_, i) => this.#beat(`${BEATING}${i}`))
    this.#work = Promise.all([...single, this.#beatTogether()])
  }

  /** Registers the agents and sends their heartbeats until {@link stop}. */
  static async start(
    nodes: RegistryNodes,
    options: { agents: number; ttlSeconds: number },
  ): Promise<HeartbeatFleet> {
    const { agents, ttlSeconds } = options
    const ids = [
      ...Array.from({ length: agents }, (_, index) => `${BEATING}${index}`),
      ...batchIds(),
    ]
    const responses = await Promise.all(
      ids.map((agentId) => {
        const agent = registration(agentId, { ttl_seconds: ttlSeconds })
        return nodes.next().send<RegisteredAgent>('POST', '/agents/register', agent)
      }),
    )
    if (responses.some(({ status }) => status !== 200))
      throw new Error('an agent of the fleet could not register')
    return new HeartbeatFleet(nodes, agents)
  }

  /** Resolves once the last response has arrived. */
  async stop(): Promise<void> {
    this.#running = false
    await this.#work
  }

  async #beat(agentId: string): Promise<void> {
    const path = `/agents/${agentId}/heartbeat`
    for (let turn = 0; this.#running; turn++) {
      const report = turn % 3 === 0 ? { load: (turn % 10) / 10 } : undefined
      const http = this.#nodes.next()
      await this.counts.record(`heartbeat of ${agentId}`, () => http.send('POST', path, report))
      await sleep(PAUSE_MS)
    }
  }

  async #beatTogether(): Promise<void> {
    while (this.#running) {
      const http = this.#nodes.next()
      await this.counts.record(
        `${BATCH} heartbeats`,
        () =>
          http.send<HeartbeatBatchReceipt>('POST', '/agents/heartbeats', { agent_ids: batchIds() }),
        ({ status, body }) => status === 200 && body.ok === BATCH && body.unknown.length === 0,
      )
      await sleep(PAUSE_MS)
    }
  }
}

function batchIds(): string[] {
  return Array.from({ length: BATCH }, (_, index) => `${BEATING}together-${index}`)
}
