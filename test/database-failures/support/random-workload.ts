import { setTimeout as sleep } from 'node:timers/promises'
import {
  AGENT_STATUSES,
  type Agent,
  type AgentStatus,
  VIEW_STATUSES,
  type ViewStatus,
} from '@rollcall/protocol'
import { type Holding, Ledger } from '../../e2e/support/acknowledged-ledger.ts'
import { type HttpClient, registration } from '../../e2e/support/http-client.ts'
import type { RegistryNodes } from './registry-nodes.ts'
import { AnswerTally } from './response-counts.ts'

const CHANGING = 'changing-'
/** Agents of one worker, who alone changes them. */
const AGENTS_EACH = 6
/** Milliseconds between an answer and the next request, at the most. */
const GAP_MS = 15
/** Milliseconds until the next request after one that was refused. */
const REFUSED_MS = 100
/** Nobody of them expires. */
const TTL_SECONDS = 3600

/** What a worker knows of an agent; unsure: a change was refused, and may have come about. */
type Known = { readonly port: number; readonly status: AgentStatus } | 'absent' | 'unsure'

/**
 * Workers that register agents, register them again, change their status, deregister them and read
 * them, each time on another node, with a ledger of what was acknowledged. A refused change may
 * have come about; a read must show what was acknowledged last, on every node.
 */
export class ChangingAgents {
  readonly tally = new AnswerTally()
  readonly #ledger = new Ledger()
  readonly #nodes: RegistryNodes
  readonly #work: Promise<unknown>
  #running = true
  #port = 0
  #statusChanges = 0
  #unsure = 0

  constructor(nodes: RegistryNodes, { workers }: { workers: number }) {
    this.#nodes = nodes
    this.#work = Promise.all(Array.from({ length: workers }, (_, index) => this.#change(index)))
  }

  /** How many changes were acknowledged, by kind, and how many were left open by a refusal. */
  get figures() {
    const { registrations, deregistrations } = this.#ledger.acknowledged
    const statusChanges = this.#statusChanges
    return {
      registrations: registrations - statusChanges,
      deregistrations,
      statusChanges,
      unsure: this.#unsure,
    }
  }

  /** Resolves when the last answer is there. */
  async stop(): Promise<void> {
    this.#running = false
    await this.#work
  }

  /** Every broken promise in words, as each node shows the agents now; none is what should be. */
  async brokenPromises(): Promise<string[]> {
    const broken: string[] = []
    for (const http of this.#nodes.clients) broken.push(...this.#ledger.settle(await heldBy(http)))
    return broken
  }

  async #change(worker: number): Promise<void> {
    const known = new Map<string, Known>()
    for (let index = 0; index < AGENTS_EACH; index++) {
      known.set(`${CHANGING}${worker}-${index}`, 'absent')
    }
    const ids = [...known.keys()]
    while (this.#running) {
      const agentId = ids[Math.floor(Math.random() * ids.length)] as string
      const now = known.get(agentId) ?? 'absent'
      known.set(agentId, await this.#act(agentId, now))
      await sleep(known.get(agentId) === 'unsure' ? REFUSED_MS : Math.random() * GAP_MS)
    }
  }

  async #act(agentId: string, known: Known): Promise<Known> {
    // A registration with a port of its own settles it: whatever was refused comes too late then.
    if (known === 'unsure') return this.#register(agentId)
    const dice = Math.random()
    if (dice < 0.25) return this.#read(agentId, known)
    if (known === 'absent' || dice < 0.5) return this.#register(agentId)
    return dice < 0.75 ? this.#setStatus(agentId, known) : this.#deregister(agentId)
  }

  async #register(agentId: string): Promise<Known> {
    const port = 1 + (this.#port++ % 65_535)
    const status = pick(AGENT_STATUSES)
    const agent = registration(agentId, { port, status, ttl_seconds: TTL_SECONDS })
    const isDone = await this.#send(agentId, holding({ port, status }), {
      method: 'POST',
      path: '/agents/register',
      body: agent,
    })
    return isDone ? { port, status } : 'unsure'
  }

  async #setStatus(agentId: string, { port, status }: Exclude<Known, string>): Promise<Known> {
    const next = pick(AGENT_STATUSES.filter((it) => it !== status))
    const isDone = await this.#send(agentId, holding({ port, status: next }), {
      method: 'POST',
      path: `/agents/${agentId}/heartbeat`,
      body: { status: next },
    })
    if (isDone) this.#statusChanges++
    return isDone ? { port, status: next } : 'unsure'
  }

  async #deregister(agentId: string): Promise<Known> {
    const path = `/agents/${agentId}`
    const isDone = await this.#send(agentId, 'absent', { method: 'DELETE', path })
    return isDone ? 'absent' : 'unsure'
  }

  /** Whether a change was acknowledged. */
  async #send(
    agentId: string,
    becomes: Holding,
    call: { method: string; path: string; body?: unknown },
  ): Promise<boolean> {
    const change = this.#ledger.send(agentId, becomes)
    const http = this.#nodes.next()
    const { method, path, body } = call
    const answer = await this.tally.judge(`${method} ${path}`, () => http.send(method, path, body))
    if (answer) change.acknowledged()
    else this.#unsure++
    return answer !== undefined
  }

  async #read(agentId: string, known: Exclude<Known, 'unsure'>): Promise<Known> {
    const path = `/agents/${agentId}`
    const http = this.#nodes.next()
    await this.tally.judge(
      `GET ${path}, which is ${JSON.stringify(known)}`,
      () => http.get<Agent>(path),
      ({ status, body }) =>
        known === 'absent' ? status === 404 : status === 200 && holdingOf(body) === holding(known),
    )
    return known
  }
}

async function heldBy(http: HttpClient): Promise<Map<string, number>> {
  const { status, body } = await http.get<Agent[]>('/agents?include_dead=true')
  if (status !== 200) throw new Error(`the list was answered with ${status}`)
  const changing = body.filter(({ agent_id }) => agent_id.startsWith(CHANGING))
  return new Map(changing.map((agent) => [agent.agent_id, holdingOf(agent)]))
}

/** Port and status as one number, which is what a ledger takes. */
function holding({ port, status }: { port: number; status: ViewStatus }): number {
  return port * 10 + VIEW_STATUSES.indexOf(status)
}

/** Of an agent that is alive: a dead one is `expired`, which is never what was acknowledged. */
function holdingOf(agent: Agent): number {
  return holding(agent)
}

function pick<T>(from: readonly T[]): T {
  return from[Math.floor(Math.random() * from.length)] as T
}
