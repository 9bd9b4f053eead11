import { AgentEvent, AgentId } from '@rollcall/protocol'
import {
  custom,
  integer,
  list,
  object,
  optional,
  type Static,
  type TextSchema,
  text,
} from '@rollcall/protocol/json-schema'
import { currentBranch } from '../../../domain/branch.ts'
import type { FeedEvent } from '../../../feed/feed-event.ts'
import { SERVER_LIMITS } from '../../../limits/server-limits.ts'
import { FEED_PARAMETERS } from '../../../operations/operation-parameters.ts'
import { eventJson } from '../../events/event-json.ts'
import { oldestRevision, readEventPage } from '../../events/event-page.ts'
import { streamId } from '../../events/stream-position.ts'
import type { McpCall } from '../mcp-call.ts'
import type { Tool } from '../tool.ts'

const DEFAULT_LIMIT = 20
/** How far back the newest changes are looked for, of all agents. */
const WINDOW = 1000

const SINCE: TextSchema = {
  ...FEED_PARAMETERS.since,
  description:
    'The `position` of an earlier result: only what has changed since. Default: the newest changes.',
}

const Input = object(
  {
    since: optional(SINCE),
    agent_id: optional(AgentId),
    limit: optional(
      integer({
        minimum: 1,
        maximum: SERVER_LIMITS.mcpAgents.value,
        default: DEFAULT_LIMIT,
        description: 'Maximum number of changes.',
      }),
    ),
  },
  { additionalProperties: false },
)
type Input = Static<typeof Input>

/** The fields of a change; the agent itself is what `get_agent` returns. */
const FIELDS = ['revision', 'type', 'agent_id', 'at', 'reason', 'actor'] as const
type Change = Pick<AgentEvent, (typeof FIELDS)[number]>
const Change = custom<Change>({
  type: 'object',
  properties: Object.fromEntries(FIELDS.map((name) => [name, AgentEvent.properties[name]])),
  required: FIELDS.filter((name) => AgentEvent.required.includes(name)),
})

const Output = object({
  changes: list(Change, { description: 'The oldest first.' }),
  position: text({ description: 'Send it as `since` to get what changes from here on.' }),
})

/** Reads what has changed, and why. */
export const recentChanges: Tool<Input, Static<typeof Output>> = {
  name: 'recent_changes',
  title: 'Read recent changes',
  description:
    'Lists what has changed, with reasons: agents that registered, left, expired, came back, or changed their status ' +
    'or registration. Heartbeats are no changes.',
  input: Input,
  output: Output,
  async run({ since, agent_id: id, limit = DEFAULT_LIMIT }, call) {
    const { agents, history, query } = call
    const filter = agents.narrow({ ...(id !== undefined && { agentIds: [id] }), includeDead: true })
    const page = await query(async (admitted) => {
      const from = since ?? (await positionBefore(WINDOW, history))
      return readEventPage(
        history,
        { since: from, filter, limit: since ? limit : WINDOW },
        admitted,
      )
    })
    return {
      changes: page.events.slice(-limit).map(toChange),
      position: streamId(currentBranch(page.counts), page.position),
    }
  },
}

/** Returns the position from which on there is a number of changes, or fewer if there were not so many. */
async function positionBefore(changes: number, history: McpCall['history']): Promise<string> {
  const counts = await history.counts()
  const oldest = (await oldestRevision(history)) - 1
  return streamId(currentBranch(counts), Math.max(oldest, counts.revision - changes))
}

function toChange(event: FeedEvent): Change {
  const value: AgentEvent = JSON.parse(eventJson(event))
  const fields = FIELDS.flatMap((name) => (value[name] === undefined ? [] : [[name, value[name]]]))
  return Object.fromEntries(fields)
}
