import type { EventType } from '@rollcall/protocol'
import { viewStatus } from '../domain/query/agent-filter.ts'
import type { AgentMatcher } from '../domain/query/agent-matcher.ts'
import { searchText } from '../domain/query/search-text.ts'
import type { Transition, TransitionType } from '../domain/transition.ts'

/** A transition as someone sees it who follows a filter. */
export interface FeedEvent {
  readonly transition: Transition
  readonly type: EventType
  /** The list with the same filter shows the agent after the transition. */
  readonly listed: boolean
}

const GONE: ReadonlySet<TransitionType> = new Set(['removed', 'deregistered'])
/** Types that say by themselves why an agent is listed from now on, or no longer. */
const ENTRIES: ReadonlySet<TransitionType> = new Set(['registered', 'revived'])
const EXITS: ReadonlySet<TransitionType> = new Set(['expired', 'removed', 'deregistered'])

/**
 * What a transition is to those who follow a filter; undefined when it is none of their business:
 * the agent met the conditions neither before nor after. Whoever keeps the agents of `listed`
 * events and drops the others holds the filtered list.
 *
 * @param textOf makes what words are looked for in; default {@link searchText}
 */
export function feedEvent(
  transition: Transition,
  matcher: AgentMatcher,
  textOf = searchText,
): FeedEvent | undefined {
  const { type, agentId, agent, before } = transition
  const after = GONE.has(type) ? undefined : agent
  const meets = (traits: typeof before) =>
    traits !== undefined && matcher.matches(agentId, traits, viewStatus(traits), textOf)
  const metBefore = meets(before)
  const meetsNow = meets(after)
  if (!metBefore && !meetsNow) return undefined
  const wasListed = metBefore && (matcher.includesDead || before?.alive === true)
  const listed = meetsNow && (matcher.includesDead || after?.alive === true)
  if (listed && !wasListed) {
    return { transition, type: ENTRIES.has(type) ? type : 'entered', listed }
  }
  if (wasListed && !listed) {
    return { transition, type: EXITS.has(type) ? type : 'left', listed }
  }
  return { transition, type, listed }
}
