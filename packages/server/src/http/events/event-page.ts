import type {
  AgentRegistryRepository,
  RegistryCounts,
} from '../../domain/agent-registry-repository.ts'
import type { AgentFilter } from '../../domain/query/agent-filter.ts'
import { AgentMatcher } from '../../domain/query/agent-matcher.ts'
import { isRegistryError, RegistryError } from '../../domain/registry-error.ts'
import type { AdmittedQuery } from '../queries/query-admission.ts'
import { type FoundEvents, searchEvents } from './event-search.ts'
import { notInHistory, revisionIn } from './stream-position.ts'

/** What a page of events is read from. */
export type EventHistory = Pick<AgentRegistryRepository, 'counts' | 'eventsSince'>

/** A part of the history, through a filter. */
export interface EventPage extends FoundEvents {
  /** The registry before the page was read. */
  readonly counts: RegistryCounts
}

/**
 * Reads a page of events.
 *
 * @param query.since the position before the first event; undefined: the beginning of the history
 * @throws RegistryError `REVISION_GONE`
 */
export async function readEventPage(
  history: EventHistory,
  query: { since: string | undefined; filter: AgentFilter; limit: number },
  admitted: Pick<AdmittedQuery, 'signal' | 'work'>,
): Promise<EventPage> {
  const matcher = new AgentMatcher(query.filter)
  const counts = await history.counts()
  const { since: id, limit } = query
  const since = id === undefined ? (await oldestRevision(history)) - 1 : revisionIn(id, counts)
  if (since === undefined) {
    const why = notInHistory(id ?? '', counts)
    const oldest = { oldestRevision: await oldestRevision(history) }
    throw new RegistryError('REVISION_GONE', `${why}; read the whole list again`, oldest)
  }
  return { ...(await searchEvents(history, { matcher, since, limit }, admitted)), counts }
}

/** Returns the revision of the oldest transition in the history. */
export async function oldestRevision(history: EventHistory): Promise<number> {
  try {
    await history.eventsSince(0, 1)
    return 1
  } catch (error) {
    if (isRegistryError(error, 'REVISION_GONE')) return error.oldestRevision ?? 1
    throw error
  }
}
