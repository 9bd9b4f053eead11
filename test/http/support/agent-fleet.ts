import type { Agent } from '@rollcall/protocol'
import type { RegistryUnderTest } from './registry-under-test.ts'
import { agentIn, agentsIn } from './response.ts'

/**
 * Agents that a test file calls by short labels and finds by a value in their metadata, so that it
 * does not mind what else is in the registry.
 */
export class AgentFleet {
  readonly #registry: RegistryUnderTest
  /** The value of `metadata.fleet`, and the beginning of every id. */
  readonly name: string

  constructor(registry: RegistryUnderTest, name: string) {
    this.#registry = registry
    this.name = registry.newId(name)
  }

  /** The query that finds this fleet, with more conditions. */
  query(more = ''): string {
    return `metadata.fleet=${this.name}${more && `&${more}`}`
  }

  id(label: string): string {
    return `${this.name}.${label}`
  }

  /** The label of an agent of this fleet. */
  label({ agent_id }: { readonly agent_id: string }): string {
    return agent_id.slice(this.name.length + 1)
  }

  labels(agents: Iterable<{ readonly agent_id: string }>): string[] {
    return [...agents].map((agent) => this.label(agent))
  }

  /** What {@link RegistryUnderTest.register} takes, for an agent of this fleet. */
  fields(label: string, fields: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
    const metadata = { fleet: this.name, ...(fields.metadata as object | undefined) }
    return { ...fields, agent_id: this.id(label), metadata }
  }

  register(label: string, fields: Readonly<Record<string, unknown>> = {}): Promise<Agent> {
    return this.#registry.register(this.fields(label, fields))
  }

  /** A heartbeat with a report. */
  async report(label: string, json: Readonly<Record<string, unknown>>): Promise<void> {
    await this.#registry.post(`/agents/${this.id(label)}/heartbeat`, { json })
  }

  async deregister(label: string): Promise<void> {
    await this.#registry.delete(`/agents/${this.id(label)}`)
  }

  /** The list of this fleet with more conditions. */
  async list(more = ''): Promise<Agent[]> {
    return agentsIn(await this.#registry.get(`/agents?${this.query(more)}`))
  }

  /** The labels of that list, in its order. */
  async find(more = ''): Promise<string[]> {
    return this.labels(await this.list(more))
  }

  /** Waits until the registry has told of the end of a lease. */
  async expiry(label: string): Promise<Agent> {
    for (let before = -1; ; ) {
      const agent = agentIn(await this.#registry.get(`/agents/${this.id(label)}`))
      // A lapse shows at once; the transition that tells of it moves the revision.
      if (!agent.is_alive && before >= 0 && agent.revision > before) return agent
      if (agent.is_alive) before = agent.revision
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}
