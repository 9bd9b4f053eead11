import { setTimeout as sleep } from 'node:timers/promises'
import type { HeartbeatBatchReceipt, RegisteredAgent } from '@rollcall/protocol'
import { registration } from '../../e2e/support/http-client.ts'
import type { RegistryNodes } from './registry-nodes.ts'
import { AnswerTally } from './response-counts.ts'

/** What the ids of its agents begin with. */
export const BEATING = 'beating-'

/** Agents for which a host of its own beats, all in one call. */
const BATCH = 20
/** Milliseconds between an answer, whatever it was, and the next heartbeat. */
const PAUSE_MS = 500

/** Agents that live from heartbeat to heartbeat, on whatever node is next. */
export class BeatingFleet {
  readonly tally = new AnswerTally()
  readonly #nodes: RegistryNodes
  readonly #work: Promise<unknown>
  #running = true

  private constructor(nodes: RegistryNodes, agents: number) {
    this.#nodes = nodes
    const single = Array.from({ length: agents }, (_, i) => this.#beat(`${BEATING}${i}`))
    this.#work = Promise.all([...single, this.#beatTogether()])
  }

  /** Registers them, and lets them beat until {@link stop}. */
  static async start(
    nodes: RegistryNodes,
    options: { agents: number; ttlSeconds: number },
  ): Promise<BeatingFleet> {
    const { agents, ttlSeconds } = options
    const ids = [
      ...Array.from({ length: agents }, (_, index) => `${BEATING}${index}`),
      ...batchIds(),
    ]
    const answers = await Promise.all(
      ids.map((agentId) => {
        const agent = registration(agentId, { ttl_seconds: ttlSeconds })
        return nodes.next().send<RegisteredAgent>('POST', '/agents/register', agent)
      }),
    )
    if (answers.some(({ status }) => status !== 200)) throw new Error('the fleet cannot register')
    return new BeatingFleet(nodes, agents)
  }

  /** Resolves when the last answer is there. */
  async stop(): Promise<void> {
    this.#running = false
    await this.#work
  }

  async #beat(agentId: string): Promise<void> {
    const path = `/agents/${agentId}/heartbeat`
    for (let turn = 0; this.#running; turn++) {
      const report = turn % 3 === 0 ? { load: (turn % 10) / 10 } : undefined
      const http = this.#nodes.next()
      await this.tally.judge(`heartbeat of ${agentId}`, () => http.send('POST', path, report))
      await sleep(PAUSE_MS)
    }
  }

  async #beatTogether(): Promise<void> {
    while (this.#running) {
      const http = this.#nodes.next()
      await this.tally.judge(
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
