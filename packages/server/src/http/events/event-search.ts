import type { AgentRegistryRepository } from '../../domain/agent-registry-repository.ts'
import type { AgentMatcher } from '../../domain/query/agent-matcher.ts'
import { type FeedEvent, feedEvent } from '../../feed/feed-event.ts'
import type { AdmittedQuery } from '../queries/query-admission.ts'

/** Transitions read at once if not all of them match. */
const SEARCH_PAGE = 500
/** Maximum number of transitions searched for one page, however few of them match. */
const SEARCH_LIMIT = 10_000
/** Transitions between two checks of the clock: with the longest texts, they take 0.5 ms. */
const STEP = 8

/** The result of a search. */
export interface FoundEvents {
  readonly events: readonly FeedEvent[]
  /** The revision up to which the history was searched. */
  readonly position: number
  /** Whether that was the end of the history. */
  readonly isLast: boolean
}

/**
 * Searches the history for events of a filter after a revision, until a page is full.
 *
 * @throws RegistryError `REVISION_GONE`, or the reason of the signal
 */
export async function searchEvents(
  history: Pick<AgentRegistryRepository, 'eventsSince'>,
  { matcher, since, limit }: { matcher: AgentMatcher; since: number; limit: number },
  query: Pick<AdmittedQuery, 'signal' | 'work'>,
): Promise<FoundEvents> {
  const { work } = query
  // With a filter, many transitions may have to be searched for one match.
  const pageSize = matcher.isEmpty ? limit : SEARCH_PAGE
  const events: FeedEvent[] = []
  let position = since
  while (position < since + SEARCH_LIMIT && events.length < limit) {
    const transitions = await history.eventsSince(position, pageSize, query)
    if (transitions.length === 0) return { events, position, isLast: true }
    for (const [index, transition] of transitions.entries()) {
      if (events.length === limit) break
      if (index % STEP === 0 && work.isOver) await work.next()
      const event = feedEvent(transition, matcher)
      if (event) events.push(event)
      position = transition.revision
    }
  }
  return { events, position, isLast: false }
}
