import type { AgentRecord } from '../../domain/agent-record.ts'
import { AgentMatcher } from '../../domain/query/agent-matcher.ts'
import {
  type AgentQuery,
  comparePositions,
  type ListPosition,
} from '../../domain/query/agent-query.ts'
import type { SlicedWork } from '../../scheduling/time-slices.ts'
import type { LeaseTable } from './table/lease-table.ts'
import type { TableLease } from './table/table-lease.ts'

/** Candidates matched between two clock reads: with the longest texts, they take 0.5 ms. */
const MATCH_BATCH = 16
/** Leases per page: a list with a small limit does not examine all of them. */
const PAGE = 64

/** Lists the agents of a live table that match a query; see `AgentRegistryRepository.listAll`. */
export function listAgents(
  table: LeaseTable,
  query: AgentQuery,
  work: SlicedWork,
): AsyncGenerator<readonly AgentRecord[]> {
  const search = { table, matcher: new AgentMatcher(query), query, work }
  const { sort = 'agent_id', aliveBy = 'clock' } = query
  if (sort !== 'agent_id') return sorted(search)
  const pages =
    search.matcher.isEmpty && aliveBy === 'clock'
      ? allAgents(search)
      : matching(search, (leases) => table.toRecords(leases, aliveBy))
  return query.limit === undefined ? pages : limited(pages, query.limit)
}

/** A query in progress. */
interface Search {
  readonly table: LeaseTable
  readonly matcher: AgentMatcher
  readonly query: AgentQuery
  readonly work: SlicedWork
}

/** Without a filter: yields whole blocks, with the views that the table caches. */
async function* allAgents({ table, matcher, query, work }: Search) {
  if (work.isOver) await work.next()
  for (let from = query.after?.agentId; ; ) {
    const page = table.page(from)
    if (page === undefined) return
    from = page.lastAgentId
    const records = matcher.includesDead ? page.records : page.alive
    if (records.length > 0) yield records
    if (work.isOver) await work.next()
  }
}

async function* limited(pages: AsyncIterable<readonly AgentRecord[]>, limit: number) {
  let left = limit
  for await (const page of pages) {
    yield page.length <= left ? page : page.slice(0, left)
    left -= page.length
    if (left <= 0) return
  }
}

/**
 * Sorts by a key for which the table has no order: examines all matches, and keeps the first `limit`
 * of them.
 */
async function* sorted(search: Search) {
  const { table, query } = search
  const { sort = 'agent_id', after, limit = Number.POSITIVE_INFINITY } = query
  let best: { position: ListPosition; agent: AgentRecord }[] = []
  const prune = (): void => {
    best.sort((a, b) => comparePositions(a.position, b.position))
    if (best.length > limit) best = best.slice(0, limit)
  }
  let worst: ListPosition | undefined
  const all = { ...search, query: { ...query, after: undefined } }
  for await (const leases of matching(all, (found) => found)) {
    for (const lease of leases) {
      const position = table.position(lease, sort)
      if (after !== undefined && comparePositions(position, after) <= 0) continue
      if (worst !== undefined && comparePositions(position, worst) >= 0) continue
      best.push({ position, agent: table.toRecord(lease, undefined, query.aliveBy) })
    }
    // Pruned at twice the limit, so each agent is sorted only a few times.
    if (best.length < 2 * limit) continue
    prune()
    worst = best.at(-1)?.position
  }
  prune()
  if (best.length > 0) yield best.map(({ agent }) => agent)
}

/**
 * Yields what a function makes of the matching leases, in order of their id. Yields to the event loop
 * even when few match.
 */
async function* matching<Page>(
  { table, matcher, query, work }: Search,
  toPage: (leases: TableLease[]) => Page,
): AsyncGenerator<Page> {
  if (work.isOver) await work.next()
  const { after, aliveBy = 'clock' } = query
  const candidates = table.candidates(matcher)
  let found: TableLease[] = []
  for (let from = after?.agentId; ; ) {
    const leases = candidates.after(from)
    if (leases.length === 0) break
    for (let at = 0; at < leases.length; at += MATCH_BATCH) {
      found.push(...table.matching(leases.slice(at, at + MATCH_BATCH), matcher, aliveBy))
      const isOver = work.isOver
      if (found.length > 0 && (isOver || found.length >= PAGE)) {
        yield toPage(found)
        found = []
      }
      if (isOver) await work.next()
    }
    if (found.length > 0) yield toPage(found)
    found = []
    from = leases.at(-1)?.agentId
  }
}
