import type { HttpClient } from '../../e2e/support/http-client.ts'

const ROLES = [
  { role: 'researcher', capabilities: ['search', 'summarize', 'cite'], protocol: 'a2a' },
  { role: 'coder', capabilities: ['code', 'test', 'review'], protocol: 'mcp' },
  { role: 'planner', capabilities: ['plan', 'route'], protocol: 'a2a' },
  { role: 'translator', capabilities: ['translate'], protocol: 'a2a' },
]
const REGIONS = ['eu-1', 'us-1', 'ap-1']
/** Requests at once. */
const CONCURRENT = 32
const HEARTBEATS_PER_BATCH = 10_000

/** A fleet of any size that is registered and keeps sending heartbeats, for as long as it is asked to. */
export class LargeFleet {
  readonly ids: readonly string[]
  /** What each agent has reported last, so that a change is one. */
  readonly #statuses: string[]
  readonly #http: HttpClient

  constructor(http: HttpClient, agents: number) {
    this.#http = http
    const digits = String(agents).length
    this.ids = Array.from({ length: agents }, (_, index) => {
      const { role } = ROLES[index % ROLES.length] ?? { role: 'agent' }
      return `${role}-${String(index).padStart(digits, '0')}`
    })
    this.#statuses = this.ids.map((_, index) => firstStatus(index))
  }

  /** Registers all agents. */
  async register(ttlSeconds = 600): Promise<void> {
    const rest = this.ids.entries()
    const worker = async (): Promise<void> => {
      for (const [index, agentId] of rest) {
        const agent = agentOf(agentId, index, ttlSeconds)
        await this.#http.send('POST', '/agents/register', agent)
      }
    }
    await Promise.all(Array.from({ length: CONCURRENT }, worker))
  }

  /** Sends a heartbeat of every agent; some change their status. */
  async heartbeat(changing = 0): Promise<void> {
    for (let from = 0; from < this.ids.length; from += HEARTBEATS_PER_BATCH) {
      const ids = this.ids.slice(from, from + HEARTBEATS_PER_BATCH)
      const heartbeats = ids.map((agent_id) => ({ agent_id }))
      await this.#http.send('POST', '/agents/heartbeats', { heartbeats })
    }
    await this.change(changing)
  }

  /** Changes the status of some agents. */
  async change(agents: number): Promise<void> {
    let rest = agents
    const worker = async (): Promise<void> => {
      while (rest-- > 0) {
        const index = Math.floor(Math.random() * this.ids.length)
        const status = this.#statuses[index] === 'busy' ? 'ready' : 'busy'
        this.#statuses[index] = status
        const report = { status, load: Math.random() }
        await this.#http.send('POST', `/agents/${this.ids[index]}/heartbeat`, report)
      }
    }
    await Promise.all(Array.from({ length: CONCURRENT }, worker))
  }
}

function agentOf(agentId: string, index: number, ttlSeconds: number): object {
  const { role, capabilities, protocol } = ROLES[index % ROLES.length] ?? ROLES[0] ?? {}
  const region = REGIONS[index % REGIONS.length]
  return {
    agent_id: agentId,
    agent_name: `${role} ${index}`,
    host: `${agentId}.${region}.example`,
    port: 8000,
    ttl_seconds: ttlSeconds,
    capabilities,
    protocol,
    version: `1.${index % 4}.0`,
    status: firstStatus(index),
    load: ((index * 37) % 100) / 100,
    metadata: { region, model: index % 2 ? 'large-3' : 'medium-4', gpu: { count: index % 3 } },
  }
}

function firstStatus(index: number): string {
  if (index % 5 === 0) return 'busy'
  return index % 37 === 0 ? 'draining' : 'ready'
}
