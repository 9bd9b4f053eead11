import { setTimeout as sleep } from 'node:timers/promises'
import {
  AGENT_STATUSES,
  type Agent,
  type AgentStatus,
  VIEW_STATUSES,
  type ViewStatus,
} from '@rollcall/protocol'
import { AcknowledgedLedger, type RecordedState } from '../../e2e/support/acknowledged-ledger.ts'
import { type HttpClient, registration } from '../../e2e/support/http-client.ts'
import type { RegistryNodes } from './registry-nodes.ts'
import { ResponseCounts } from './response-counts.ts'

const CHANGING = 'changing-'
/** Agents per worker; only that worker changes them. */
const AGENTS_EACH = 6
/** Maximum milliseconds between a response and the next request. */
const GAP_MS = 15
/** Milliseconds between a rejected request and the next one. */
const REJECTED_PAUSE_MS = 100
/** Long enough never to lapse. */
const TTL_SECONDS = 3600

/** What a worker knows of an agent. Unsure: a rejected change may have been applied. */
type Known = { readonly port: number; readonly status: AgentStatus } | 'absent' | 'unsure'

/**
 * Workers that register agents, register them again, change their status, deregister them and read
 * them, each time on another node, and record acknowledged changes in a ledger. A rejected change
 * may have been applied; a read must return the last acknowledged state, on every node.
 */
export class RandomWorkload {
  readonly counts = new ResponseCounts()
  readonly #ledger = new AcknowledgedLedger()
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

  /** Number of acknowledged changes by kind, and of rejected changes with an unknown outcome. */
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

  /** Resolves once the last response has arrived. */
  async stop(): Promise<void> {
    this.#running = false
    await this.#work
  }

  /** Describes every acknowledged change that a node does not show; empty if there is none. */
  async violations(): Promise<string[]> {
    const violations: string[] = []
    for (const http of this.#nodes.clients)
      violations.push(...this.#ledger.settle(await statesOn(http)))
    return violations
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
      await sleep(known.get(agentId) === 'unsure' ? REJECTED_PAUSE_MS : Math.random() * GAP_MS)
    }
  }

  async #act(agentId: string, known: Known): Promise<Known> {
    // A registration with a unique port settles the state: the rejected change can no longer be
    // applied.
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
    const isDone = await this.#send(agentId, recordedState({ port, status }), {
      method: 'POST',
      path: '/agents/register',
      body: agent,
    })
    return isDone ? { port, status } : 'unsure'
  }

  async #setStatus(agentId: string, { port, status }: Exclude<Known, string>): Promise<Known> {
    const next = pick(AGENT_STATUSES.filter((it) => it !== status))
    const isDone = await this.#send(agentId, recordedState({ port, status: next }), {
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

  /** Sends a change. Returns whether it was acknowledged. */
  async #send(
    agentId: string,
    becomes: RecordedState,
    request: { method: string; path: string; body?: unknown },
  ): Promise<boolean> {
    const change = this.#ledger.send(agentId, becomes)
    const http = this.#nodes.next()
    const { method, path, body } = request
    const response = await this.counts.record(`${method} ${path}`, () =>
      http.send(method, path, body),
    )
    if (response) change.acknowledged()
    else this.#unsure++
    return response !== undefined
  }

  async #read(agentId: string, known: Exclude<Known, 'unsure'>): Promise<Known> {
    const path = `/agents/${agentId}`
    const http = this.#nodes.next()
    await this.counts.record(
      `GET ${path}, which is ${JSON.stringify(known)}`,
      () => http.get<Agent>(path),
      ({ status, body }) =>
        known === 'absent'
          ? status === 404
          : status === 200 && stateOf(body) === recordedState(known),
    )
    return known
  }
}

async function statesOn(http: HttpClient): Promise<Map<string, number>> {
  const { status, body } = await http.get<Agent[]>('/agents?include_dead=true')
  if (status !== 200) throw new Error(`the list returned ${status}`)
  const changing = body.filter(({ agent_id }) => agent_id.startsWith(CHANGING))
  return new Map(changing.map((agent) => [agent.agent_id, stateOf(agent)]))
}

/** Encodes port and status as the single number that a ledger stores. */
function recordedState({ port, status }: { port: number; status: ViewStatus }): number {
  return port * 10 + VIEW_STATUSES.indexOf(status)
}

/**
 * Only for agents that are alive: an expired agent has the status `expired`, which is never
 * acknowledged.
 */
function stateOf(agent: Agent): number {
  return recordedState(agent)
}

function pick<T>(from: readonly T[]): T {
  return from[Math.floor(Math.random() * from.length)] as T
}
