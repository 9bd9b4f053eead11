import type { AgentRegistryRepository } from '../../domain/agent-registry-repository.ts'
import type { AgentMatcher } from '../../domain/query/agent-matcher.ts'
import { type FeedEvent, feedEvent } from '../../feed/feed-event.ts'
import type { AdmittedQuery } from '../queries/query-admission.ts'

/** Transitions read at once, where not all of them match. */
const SEARCH_PAGE = 500
/** Transitions looked at for one page, however few of them match. */
const SEARCH_LIMIT = 10_000
/** Transitions between two looks at the clock: with the longest texts, they take 0.5 ms. */
const STEP = 8

/** Events that a search found. */
export interface FoundEvents {
  readonly events: readonly FeedEvent[]
  /** Everything up to this revision has been looked at. */
  readonly position: number
  /** There was nothing behind it. */
  readonly isLast: boolean
}

/**
 * Looks through the history for the events of a filter behind a revision, as many as there is room
 * for on a page.
 *
 * @throws RegistryError `REVISION_GONE`, or the reason of the signal
 */
export async function searchEvents(
  repository: AgentRegistryRepository,
  wanted: { matcher: AgentMatcher; since: number; limit: number },
  query: AdmittedQuery,
): Promise<FoundEvents> {
  const { matcher, limit, since } = wanted
  const { work } = query
  // Many may have to be looked at for one that matches.
  const pageSize = matcher.isEmpty ? limit : SEARCH_PAGE
  const events: FeedEvent[] = []
  let position = since
  while (position < since + SEARCH_LIMIT && events.length < limit) {
    const transitions = await repository.eventsSince(position, pageSize, query)
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
