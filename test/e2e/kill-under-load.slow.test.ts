// SIGKILL under load, round after round on the same store.
//
//   ROLLCALL_KILL_ROUNDS   number of rounds; default 3 (some 5 s each), full run 20
import { setTimeout as sleep } from 'node:timers/promises'
import type { Agent, Health, HeartbeatReceipt, RegisteredAgent } from '@rollcall/protocol'
import { expect, test } from 'vitest'
import { freshStore, STORE } from '../stores/fresh-store.ts'
import { AcknowledgedLedger } from './support/acknowledged-ledger.ts'
import { type HttpClient, isConnectionLost, registration } from './support/http-client.ts'
import { RegistryProcess } from './support/registry-process.ts'

const ROUNDS = Number(process.env.ROLLCALL_KILL_ROUNDS ?? 3)
const CONNECTIONS = 64
/** Acknowledged changes of a round after which the kill comes, at random. */
const CHANGES_UNTIL_KILL = { least: 200, most: 3000 }
/**
 * Agents that depend on frequent heartbeats. Where nodes share a store, a second without any of
 * them counts as elapsed time, as if all of them had been slow: their TTL is longer there by that
 * much.
 */
const BRIEF_AGENTS = 20
const BRIEF_TTL_SECONDS = STORE === 'sqlite' ? 1 : 2
/**
 * Interval at which heartbeats are written. The kill comes between the first write and the second,
 * when the leases on disk have lapsed: the brief agents are alive because of heartbeats that no
 * restart can know of.
 */
const FLUSH_SECONDS = 1.6
const CHANGES_BEGIN_MS = 2500
/** Longer than the TTL of the brief agents. */
const DOWNTIME_MS = BRIEF_TTL_SECONDS * 1000 + 200

/** All traffic between a start and a kill. */
class Traffic {
  readonly ledger: AcknowledgedLedger
  readonly #http: HttpClient
  readonly #round: number
  /** Displayed deadlines of the brief agents, as last acknowledged; Unix ms. */
  readonly #deadlines = new Map<string, number>()
  #changes = 0
  #killed = false
  #highestRevision = 0

  constructor(http: HttpClient, round: number, ledger: AcknowledgedLedger) {
    this.#http = http
    this.#round = round
    this.ledger = ledger
  }

  /** Highest revision of an acknowledged change. */
  get highestRevision(): number {
    return this.#highestRevision
  }

  /** Runs until the kill. Resolves with the brief agents that were alive when the process had ended. */
  async runUntilKill(kill: () => Promise<void>): Promise<string[]> {
    const brief = Array.from({ length: BRIEF_AGENTS }, (_, i) => this.#sendHeartbeats(i))
    await sleep(CHANGES_BEGIN_MS)
    const changing = Array.from({ length: CONNECTIONS }, (_, c) => this.#change(c))
    const { least, most } = CHANGES_UNTIL_KILL
    const enough = least + Math.floor(Math.random() * (most - least))
    while (this.#changes < enough && !this.#killed) await sleep(1)
    this.#killed = true
    await kill()
    const now = Date.now()
    const alive = [...this.#deadlines].filter(([, deadline]) => deadline > now)
    await Promise.all([...brief, ...changing])
    return alive.map(([agentId]) => agentId)
  }

  /** An agent that sends five heartbeats a second. */
  async #sendHeartbeats(index: number): Promise<void> {
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

  /** One connection that registers, registers again and deregisters its own agents. */
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

  /** Returns the body of a 200; any other status fails the test. */
  async #send<Body>(method: string, path: string, body?: unknown): Promise<Body> {
    const response = await this.#http.send<Body>(method, path, body)
    if (response.status !== 200) throw new Error(`${method} ${path}: ${JSON.stringify(response)}`)
    return response.body
  }

  async #untilKilled(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (this.#killed && isConnectionLost(error)) return
      // Stops the other connections: the test has failed.
      this.#killed = true
      throw error
    }
  }
}

/**
 * Compares what a restart restored with what was acknowledged. On a busy machine, a lease that was given back may
 * have ended before the list is read: its deadline is after the start nevertheless.
 */
async function inspect(
  registry: RegistryProcess,
  acknowledged: {
    ledger: AcknowledgedLedger
    aliveAtKill: readonly string[]
    highestRevision: number
    /** Before the start; Unix ms. */
    startedAt: number
  },
): Promise<{ lost: string[]; expired: string[]; deadlines: ReadonlyMap<string, number> }> {
  const { status, body: agents } = await registry.http.get<Agent[]>('/agents?include_dead=true')
  expect(status).toBe(200)
  const longLived = agents.filter(({ agent_id }) => !agent_id.startsWith('brief-'))
  const lost = acknowledged.ledger.settle(new Map(longLived.map((a) => [a.agent_id, a.port])))
  const deadlines = new Map(agents.map((a) => [a.agent_id, Date.parse(a.expires_at)]))
  const expected = [...longLived.map(({ agent_id }) => agent_id), ...acknowledged.aliveAtKill]
  const { body: health } = await registry.http.get<Health>('/health')
  expect(health.revision).toBeGreaterThanOrEqual(acknowledged.highestRevision)
  const isExpired = (agentId: string) => !((deadlines.get(agentId) ?? 0) > acknowledged.startedAt)
  return { lost, expired: expected.filter(isExpired), deadlines }
}

test(`acknowledged changes survive ${ROUNDS} kills in a row, and no kill expires an agent`, {
  timeout: 30_000 + ROUNDS * 20_000,
}, async () => {
  await using store = await freshStore()
  const args = ['--heartbeat-flush-interval', `${FLUSH_SECONDS}`]
  const start = () => RegistryProcess.start({ cwd: store.folder, db: store.url, args })
  const ledger = new AcknowledgedLedger()
  const total = { inFlight: 0, briefAlive: 0 }

  for (let round = 1; round <= ROUNDS; round++) {
    await using registry = await start()
    const traffic = new Traffic(registry.http, round, ledger)
    let aliveAtKill = await traffic.runUntilKill(() => registry.kill())
    total.inFlight += ledger.inFlight
    total.briefAlive += aliveAtKill.length
    await sleep(DOWNTIME_MS)

    // The first restart is killed before it can write its grace down; the second grants it again.
    for (let restart = 1; restart <= 2; restart++) {
      const startedAt = Date.now()
      await using restarted = await start()
      const { highestRevision } = traffic
      const acknowledged = { ledger, aliveAtKill, highestRevision, startedAt }
      const { lost, expired, deadlines } = await inspect(restarted, acknowledged)
      expect({ lost, expired }).toEqual({ lost: [], expired: [] })
      await restarted.kill()
      const killedAt = Date.now()
      aliveAtKill = aliveAtKill.filter((agentId) => (deadlines.get(agentId) ?? 0) > killedAt)
    }
  }

  expect(total.briefAlive).toBeGreaterThan(0)
  expect(await store.faults()).toEqual([])
  const { registrations, deregistrations } = ledger.acknowledged
  console.log(
    `kill -9 on ${STORE}, ${ROUNDS} rounds, ${CONNECTIONS} connections: ${registrations} registrations and ` +
      `${deregistrations} deregistrations acknowledged, none lost; ${total.inFlight} changes ` +
      `in flight at a kill; ${total.briefAlive} agents with a TTL of ${BRIEF_TTL_SECONDS} s alive at a kill, ` +
      `none expired by ${DOWNTIME_MS} ms of downtime`,
  )
})
