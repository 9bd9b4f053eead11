import type { ExpectStatic } from 'vitest'
import { AgentFleet } from './agent-fleet.ts'
import { EventStreamReader } from './event-stream-reader.ts'
import { eventually } from './eventually.ts'
import type { RegistryUnderTest } from './registry-under-test.ts'

/** Agents of one test and streams of their loads; for concurrent tests. */
export class FollowedFleet {
  readonly fleet: AgentFleet
  readonly #baseUrl: string
  readonly #expect: ExpectStatic
  #fenceLoad = 1

  private constructor(registry: RegistryUnderTest, expect: ExpectStatic, name: string) {
    this.#baseUrl = registry.baseUrl
    this.#expect = expect
    this.fleet = new AgentFleet(registry, name)
  }

  /** Registers agents by their loads, and one that {@link fence} needs. */
  static async of(
    registry: RegistryUnderTest,
    expect: ExpectStatic,
    name: string,
    loads: Readonly<Record<string, number | null>>,
  ): Promise<FollowedFleet> {
    const made = new FollowedFleet(registry, expect, name)
    for (const [label, load] of Object.entries({ ...loads, fence: 0 })) {
      await made.fleet.register(label, { load })
    }
    return made
  }

  /** Opens a stream with loads and waits until it is synced. */
  async follow(
    query = 'snapshot=true',
    headers: Readonly<Record<string, string>> = {},
  ): Promise<EventStreamReader> {
    const parameters = this.fleet.query(`loads=true&${query}`)
    const reader = await EventStreamReader.open(this.#baseUrl, parameters, headers)
    await reader.untilSynced()
    return reader
  }

  report(label: string, load: number): Promise<void> {
    return this.fleet.report(label, { load })
  }

  /** Returns the loads of an agent that a stream received, in order. */
  loads(reader: EventStreamReader, label: string): (number | null)[] {
    const id = this.fleet.id(label)
    return reader.loads.filter(({ agentId }) => agentId === id).map(({ load }) => load)
  }

  /** Resolves once a stream has received all loads reported before. */
  async fence(reader: EventStreamReader): Promise<void> {
    await this.report('fence', this.#fenceLoad)
    await this.eventually(() => this.loads(reader, 'fence').at(-1)).toBe(this.#fenceLoad)
    this.#fenceLoad = 1 - this.#fenceLoad
  }

  eventually<T>(read: () => T) {
    return eventually(read, this.#expect)
  }

  /** Returns the latest load of each agent on a stream, by label. */
  held(reader: EventStreamReader): Record<string, number | null> {
    const agents = [...reader.held.values()].filter(({ agent_id }) => !agent_id.endsWith('.fence'))
    return Object.fromEntries(agents.map((agent) => [this.fleet.label(agent), agent.load]))
  }
}
