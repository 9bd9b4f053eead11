import {
  boolean,
  integer,
  list,
  object,
  optional,
  type Static,
  text,
} from '@rollcall/protocol/json-schema'
import { SERVER_LIMITS } from '../../../limits/server-limits.ts'
import { CAPABILITY_PARAMETERS } from '../../../operations/operation-parameters.ts'
import { topCapabilities } from '../../lists/top-capabilities.ts'
import type { Tool } from '../tool.ts'

const DEFAULT_LIMIT = 50

const Input = object(
  {
    q: optional(CAPABILITY_PARAMETERS.q),
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

/** Counts live agents by what they can do. */
export const listCapabilities: Tool<Static<typeof Input>, Static<typeof Output>> = {
  name: 'list_capabilities',
  title: 'List capabilities',
  description:
    'Lists what live agents can do, and how many can do it. Call it to learn which capabilities to look for.',
  input: Input,
  output: Output,
  async run({ q, limit = DEFAULT_LIMIT }, { agents, query }) {
    const { capabilities, complete } = await query(async (admitted) => {
      const counts = await agents.countByCapability(admitted)
      return topCapabilities(counts, { q, limit }, admitted.work)
    })
    const found = capabilities.map(({ name, alive, ready }) => ({ name, alive, ready }))
    return { capabilities: found, complete }
  },
}
