import {
  boolean,
  integer,
  list,
  object,
  optional,
  type Static,
  text,
} from '@rollcall/protocol/json-schema'
import type { AgentRecord } from '../../../domain/agent-record.ts'
import { viewStatus } from '../../../domain/query/agent-filter.ts'
import { SERVER_LIMITS } from '../../../limits/server-limits.ts'
import { AGENT_FILTER } from '../../../operations/operation-parameters.ts'
import type { Tool } from '../tool.ts'

const DEFAULT_LIMIT = 50

const Input = object(
  {
    q: optional(
      text({
        maxLength: AGENT_FILTER.q.maxLength ?? 0,
        description: 'A part of the name of the capability. Not case-sensitive.',
      }),
    ),
    limit: optional(
      integer({
        minimum: 1,
        maximum: SERVER_LIMITS.mcpAgents.value,
        default: DEFAULT_LIMIT,
        description: 'Maximum number of capabilities.',
      }),
    ),
  },
  { additionalProperties: false },
)

const Output = object({
  capabilities: list(
    object({
      name: text(),
      alive: integer({ description: 'How many live agents have it.' }),
      ready: integer({ description: 'How many of them take work now.' }),
    }),
    { description: 'Those of most agents first.' },
  ),
  complete: boolean({ description: 'Whether these are all that match.' }),
})
type Counted = Static<typeof Output>['capabilities'][number]

/** Counts live agents by what they can do. */
export const listCapabilities: Tool<Static<typeof Input>, Static<typeof Output>> = {
  name: 'list_capabilities',
  title: 'List capabilities',
  description:
    'Lists what live agents can do, and how many can do it. Call it to learn which capabilities to look for.',
  input: Input,
  output: Output,
  async run({ q = '', limit = DEFAULT_LIMIT }, { agents, query }) {
    const counts = new CapabilityCounts(q.toLowerCase())
    await query(async (admitted) => {
      for await (const page of agents.listAll({}, admitted)) for (const it of page) counts.add(it)
    })
    const sorted = counts.all.toSorted(
      (a, b) => b.alive - a.alive || (a.name < b.name ? -1 : Number(a.name > b.name)),
    )
    const isComplete = counts.isComplete && sorted.length <= limit
    return { capabilities: sorted.slice(0, limit), complete: isComplete }
  },
}

class CapabilityCounts {
  readonly #part: string
  readonly #counts = new Map<string, Counted>()
  isComplete = true

  constructor(part: string) {
    this.#part = part
  }

  get all(): Counted[] {
    return [...this.#counts.values()]
  }

  add(agent: AgentRecord): void {
    const ready = viewStatus(agent) === 'ready' ? 1 : 0
    for (const name of agent.capabilities) {
      if (!name.toLowerCase().includes(this.#part)) continue
      const counted = this.#counts.get(name)
      if (counted !== undefined) {
        counted.alive++
        counted.ready += ready
      } else if (this.#counts.size < SERVER_LIMITS.mcpCapabilities.value) {
        this.#counts.set(name, { name, alive: 1, ready })
      } else {
        this.isComplete = false
      }
    }
  }
}
