import type { EventType } from '@rollcall/protocol'
import { viewStatus } from '../domain/query/agent-filter.ts'
import type { AgentMatcher } from '../domain/query/agent-matcher.ts'
import { searchText } from '../domain/query/search-text.ts'
import { isRemoval, type Transition, type TransitionType } from '../domain/transition.ts'

/** A transition as seen through a filter. */
export interface FeedEvent {
  readonly transition: Transition
  readonly type: EventType
  /** Whether the list with the same filter contains the agent after the transition. */
  readonly listed: boolean
}

/** Types that already explain why an agent is listed from now on, or no longer. */
const ENTRIES: ReadonlySet<TransitionType> = new Set(['registered', 'revived'])
const EXITS: ReadonlySet<TransitionType> = new Set(['expired', 'removed', 'deregistered'])

/**
 * Returns the event of a transition for a filter, or undefined if the agent matched neither before
 * nor after it. A reader that keeps the agents of `listed` events and drops the others holds the
 * filtered list.
 *
 * @param textOf creates the text in which words are searched; default {@link searchText}
 */
export function feedEvent(
  transition: Transition,
  matcher: AgentMatcher,
  textOf = searchText,
): FeedEvent | undefined {
  const { type, agentId, agent, before } = transition
  const after = isRemoval(type) ? undefined : agent
  const matches = (state: typeof before) =>
    state !== undefined && matcher.matches(agentId, state, viewStatus(state), textOf)
  const matchedBefore = matches(before)
  const matchesNow = matches(after)
  if (!matchedBefore && !matchesNow) return undefined
  const wasListed = matchedBefore && (matcher.includesDead || before?.alive === true)
  const listed = matchesNow && (matcher.includesDead || after?.alive === true)
  if (listed && !wasListed) {
    return { transition, type: ENTRIES.has(type) ? type : 'entered', listed }
  }
  if (wasListed && !listed) {
    return { transition, type: EXITS.has(type) ? type : 'left', listed }
  }
  return { transition, type, listed }
}
