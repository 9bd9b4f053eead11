// kill -9 in the middle of traffic, round after round on the same store.
//
//   ROLLCALL_KILL_ROUNDS   how many rounds; 3 by default, some 5 s each. The full run is 20.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Agent, Health, HeartbeatReceipt, RegisteredAgent } from '@rollcall/protocol'
import { expect, test } from 'vitest'
import { freshStore, STORE } from '../stores/fresh-store.ts'
import { AcknowledgedLedger } from './support/acknowledged-ledger.ts'
import { type HttpClient, isConnectionLost, registration } from './support/http-client.ts'
import { RegistryProcess } from './support/registry-process.ts'

const ROUNDS = Number(process.env.ROLLCALL_KILL_ROUNDS ?? 3)
const CONNECTIONS = 64
/** A kill comes when so many changes of its round are acknowledged, at random. */
const CHANGES_UNTIL_KILL = { least: 200, most: 3000 }
/**
 * Agents that live from heartbeat to heartbeat. Where nodes share a store, a second without any of
 * them counts as time, as if they all had been slow: so much longer have agents to live there.
 */
const BRIEF_AGENTS = 20
const BRIEF_TTL_SECONDS = STORE === 'sqlite' ? 1 : 2
/**
 * So many seconds after the start, and then again, heartbeats are written. The kill comes between
 * the first time and the second, when the leases that are on disk are over: the brief agents live
 * from heartbeats that no restart can know of.
 */
const FLUSH_SECONDS = 1.6
const CHANGES_BEGIN_MS = 2500
/** Longer than the TTL of the brief agents. */
const DOWNTIME_MS = BRIEF_TTL_SECONDS * 1000 + 200

/** Everything that goes on between a start and a kill. */
class Traffic {
  readonly ledger: AcknowledgedLedger
  readonly #http: HttpClient
  readonly #round: number
  /** Shown deadlines of the brief agents, as last acknowledged; Unix ms. */
  readonly #deadlines = new Map<string, number>()
  #changes = 0
  #killed = false
  #highestRevision = 0

  constructor(http: HttpClient, round: number, ledger: AcknowledgedLedger) {
    this.#http = http
    this.#round = round
    this.ledger = ledger
  }

  /** Of any acknowledged change. */
  get highestRevision(): number {
    return this.#highestRevision
  }

  /** Runs until the kill, and resolves with the brief agents that were alive then. */
  async runUntilKill(kill: () => Promise<void>): Promise<string[]> {
    const brief = Array.from({ length: BRIEF_AGENTS }, (_, i) => this.#liveBriefly(i))
    await sleep(CHANGES_BEGIN_MS)
    const changing = Array.from({ length: CONNECTIONS }, (_, c) => this.#change(c))
    const { least, most } = CHANGES_UNTIL_KILL
    const enough = least + Math.floor(Math.random() * (most - least))
    while (this.#changes < enough && !this.#killed) await sleep(1)
    this.#killed = true
    const now = Date.now()
    const alive = [...this.#deadlines].filter(([, deadline]) => deadline > now)
    await kill()
    await Promise.all([...brief, ...changing])
    return alive.map(([agentId]) => agentId)
  }

  /** One agent that beats five times a second. */
  async #liveBriefly(index: number): Promise<void> {
    const agentId = `brief-${index}`
    const path = `/agents/${agentId}/heartbeat`
    await this.#untilKilled(async () => {
      const agent = registration(agentId, { ttl_seconds: BRIEF_TTL_SECONDS })
      await this.#send<RegisteredAgent>('POST', '/agents/register', agent)
      for (;;) {
        const { expires_at } = await this.#send<HeartbeatReceipt>('POST', path)
        this.#deadlines.set(agentId, Date.parse(expires_at))
        await sleep(200)
      }
    })
  }

  /** One connection that registers, registers again and deregisters agents of its own. */
  async #change(connection: number): Promise<void> {
    const present: string[] = []
    await this.#untilKilled(async () => {
      for (let turn = 0; ; turn++) {
        const port = 1 + (turn % 65_535)
        if (turn % 4 === 3) await this.#deregister(present.shift() ?? '')
        else if (turn % 4 === 2) await this.#register(present.at(-1) ?? '', port)
        else {
          const agentId = `r${this.#round}:c${connection}:${turn}`
          await this.#register(agentId, port)
          present.push(agentId)
        }
      }
    })
  }

  async #register(agentId: string, port: number): Promise<void> {
    const change = this.ledger.send(agentId, port)
    const agent = registration(agentId, { port, ttl_seconds: 3600 })
    const { revision } = await this.#send<RegisteredAgent>('POST', '/agents/register', agent)
    change.acknowledged()
    this.#changes++
    this.#highestRevision = Math.max(this.#highestRevision, revision)
  }

  async #deregister(agentId: string): Promise<void> {
    const change = this.ledger.send(agentId, 'absent')
    await this.#send('DELETE', `/agents/${agentId}`)
    change.acknowledged()
    this.#changes++
  }

  /** The body of a 200; anything else that was answered fails the test. */
  async #send<Body>(method: string, path: string, body?: unknown): Promise<Body> {
    const answer = await this.#http.send<Body>(method, path, body)
    if (answer.status !== 200) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`)
    return answer.body
  }

  async #untilKilled(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (this.#killed && isConnectionLost(error)) return
      // The others need not go on for long: the test has failed.
      this.#killed = true
      throw error
    }
  }
}

/** What a restart found, held against what was promised. */
async function inspect(
  registry: RegistryProcess,
  promised: { ledger: AcknowledgedLedger; aliveAtKill: readonly string[]; highestRevision: number },
): Promise<{ lost: string[]; expired: string[] }> {
  const { status, body: agents } = await registry.http.get<Agent[]>('/agents?include_dead=true')
  expect(status).toBe(200)
  const lasting = agents.filter(({ agent_id }) => !agent_id.startsWith('brief-'))
  const lost = promised.ledger.settle(new Map(lasting.map((a) => [a.agent_id, a.port])))
  const alive = new Set(agents.filter((a) => a.is_alive).map(({ agent_id }) => agent_id))
  const expected = [...lasting.map(({ agent_id }) => agent_id), ...promised.aliveAtKill]
  const { body: health } = await registry.http.get<Health>('/health')
  expect(health.revision).toBeGreaterThanOrEqual(promised.highestRevision)
  return { lost, expired: expected.filter((agentId) => !alive.has(agentId)) }
}

test(`what was acknowledged survives ${ROUNDS} kills in a row, and no kill expires anybody`, {
  timeout: 30_000 + ROUNDS * 20_000,
}, async () => {
  await using store = await freshStore()
  const args = ['--heartbeat-flush-interval', `${FLUSH_SECONDS}`]
  const start = () => RegistryProcess.start({ cwd: store.folder, db: store.url, args })
  const ledger = new AcknowledgedLedger()
  const total = { underWay: 0, briefAlive: 0 }

  for (let round = 1; round <= ROUNDS; round++) {
    await using registry = await start()
    const traffic = new Traffic(registry.http, round, ledger)
    const aliveAtKill = await traffic.runUntilKill(() => registry.kill())
    total.underWay += ledger.underWay
    total.briefAlive += aliveAtKill.length
    expect(aliveAtKill.length).toBeGreaterThan(0)
    await sleep(DOWNTIME_MS)

    // The first restart is killed before it can write its grace down; the second grants it again.
    for (let restart = 1; restart <= 2; restart++) {
      await using restarted = await start()
      const { highestRevision } = traffic
      const found = await inspect(restarted, { ledger, aliveAtKill, highestRevision })
      expect(found).toEqual({ lost: [], expired: [] })
    }
  }

  expect(await store.faults()).toEqual([])
  const { registrations, deregistrations } = ledger.acknowledged
  console.log(
    `kill -9 on ${STORE}, ${ROUNDS} rounds, ${CONNECTIONS} connections: ${registrations} registrations and ` +
      `${deregistrations} deregistrations acknowledged, none lost; ${total.underWay} changes ` +
      `under way at a kill; ${total.briefAlive} agents with a TTL of ${BRIEF_TTL_SECONDS} s alive at a kill, ` +
      `none expired by ${DOWNTIME_MS} ms of downtime`,
  )
})
