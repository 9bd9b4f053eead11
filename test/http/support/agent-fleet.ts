import type { Agent } from '@rollcall/protocol'
import type { RegistryUnderTest } from './registry-under-test.ts'
import { agentIn, agentsIn } from './response.ts'

/**
 * Agents that a test file identifies by short labels and finds by a value in their metadata,
 * independent of other agents in the registry.
 */
export class AgentFleet {
  readonly #registry: RegistryUnderTest
  /** Value of `metadata.fleet`, and prefix of every id. */
  readonly name: string

  constructor(registry: RegistryUnderTest, name: string) {
    this.#registry = registry
    this.name = registry.newId(name)
  }

  /** Returns a query for this fleet, with more conditions. */
  query(more = ''): string {
    return `metadata.fleet=${this.name}${more && `&${more}`}`
  }

  id(label: string): string {
    return `${this.name}.${label}`
  }

  /** Returns the label of an agent of this fleet. */
  label({ agent_id }: { readonly agent_id: string }): string {
    return agent_id.slice(this.name.length + 1)
  }

  labels(agents: Iterable<{ readonly agent_id: string }>): string[] {
    return [...agents].map((agent) => this.label(agent))
  }

  /** Fields for {@link RegistryUnderTest.register}, for an agent of this fleet. */
  fields(label: string, fields: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
    const metadata = { fleet: this.name, ...(fields.metadata as object | undefined) }
    return { ...fields, agent_id: this.id(label), metadata }
  }

  register(label: string, fields: Readonly<Record<string, unknown>> = {}): Promise<Agent> {
    return this.#registry.register(this.fields(label, fields))
  }

  /** Sends a heartbeat with a report. */
  async report(label: string, json: Readonly<Record<string, unknown>>): Promise<void> {
    await this.#registry.post(`/agents/${this.id(label)}/heartbeat`, { json })
  }

  async deregister(label: string): Promise<void> {
    await this.#registry.delete(`/agents/${this.id(label)}`)
  }

  /** Lists this fleet, with more conditions. */
  async list(more = ''): Promise<Agent[]> {
    return agentsIn(await this.#registry.get(`/agents?${this.query(more)}`))
  }

  /** Lists labels of this fleet, in the order of the list. */
  async find(more = ''): Promise<string[]> {
    return this.labels(await this.list(more))
  }

  /** Waits until the registry has recorded the expiry of an agent. */
  async expiry(label: string): Promise<Agent> {
    for (let before = -1; ; ) {
      const agent = agentIn(await this.#registry.get(`/agents/${this.id(label)}`))
      // A lapse shows at once; the revision changes with the transition.
      if (!agent.is_alive && before >= 0 && agent.revision > before) return agent
      if (agent.is_alive) before = agent.revision
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}
