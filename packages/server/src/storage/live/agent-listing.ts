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

/** Candidates between two looks at the clock: with the longest texts, they take 0.5 ms. */
const STEP = 16
/** Leases that are given at once: for a list of a few, not all of them are looked at. */
const PAGE = 64

/** The agents of a live table that a query asks for; see `AgentRegistryRepository.listAll`. */
export function listAgents(
  table: LeaseTable,
  query: AgentQuery,
  work: SlicedWork,
): AsyncGenerator<readonly AgentRecord[]> {
  const search = { table, matcher: new AgentMatcher(query), query, work }
  const { sort = 'agent_id', aliveBy = 'clock' } = query
  if (sort !== 'agent_id') return sorted(search)
  const pages = search.matcher.isEmpty && aliveBy === 'clock' ? everyone(search) : matching(search)
  return query.limit === undefined ? pages : atMost(pages, query.limit)
}

/** A query on its way through the table. */
interface Search {
  readonly table: LeaseTable
  readonly matcher: AgentMatcher
  readonly query: AgentQuery
  readonly work: SlicedWork
}

/** Nothing to search: whole blocks, as the table shows them. */
async function* everyone({ table, matcher, query, work }: Search) {
  await work.next()
  for (let from = query.after?.agentId; ; ) {
    const page = table.page(from)
    if (page === undefined) return
    from = page.lastAgentId
    const shown = matcher.includesDead ? page.records : page.alive
    if (shown.length > 0) yield shown
    if (work.isOver) await work.next()
  }
}

async function* matching(search: Search) {
  const { table, query } = search
  for await (const leases of matchingLeases(search)) {
    yield table.showAll(leases, query.aliveBy)
  }
}

async function* atMost(pages: AsyncIterable<readonly AgentRecord[]>, limit: number) {
  let left = limit
  for await (const page of pages) {
    yield page.length <= left ? page : page.slice(0, left)
    left -= page.length
    if (left <= 0) return
  }
}

/**
 * Sorted by something that the table is not kept in order of: everything that matches is looked
 * at, and as many as are asked for are kept.
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
  for await (const leases of matchingLeases({ ...search, query: { ...query, after: undefined } })) {
    for (const lease of leases) {
      const position = table.position(lease, sort)
      if (after !== undefined && comparePositions(position, after) <= 0) continue
      if (worst !== undefined && comparePositions(position, worst) >= 0) continue
      best.push({ position, agent: table.show(lease, undefined, query.aliveBy) })
    }
    // Pruned when twice as long as need be: each agent is sorted a few times at the most.
    if (best.length < 2 * limit) continue
    prune()
    worst = best.at(-1)?.position
  }
  prune()
  if (best.length > 0) yield best.map(({ agent }) => agent)
}

/** The leases that match, in order of their id; others get their turn however few match. */
async function* matchingLeases({
  table,
  matcher,
  query,
  work,
}: Search): AsyncGenerator<TableLease[]> {
  await work.next()
  const { after, aliveBy = 'clock' } = query
  const candidates = table.candidates(matcher)
  let found: TableLease[] = []
  for (let from = after?.agentId; ; ) {
    const leases = candidates.after(from)
    if (leases.length === 0) break
    for (let at = 0; at < leases.length; at += STEP) {
      found.push(...table.matching(leases.slice(at, at + STEP), matcher, aliveBy))
      const isOver = work.isOver
      if (found.length > 0 && (isOver || found.length >= PAGE)) {
        yield found
        found = []
      }
      if (isOver) await work.next()
    }
    if (found.length > 0) yield found
    found = []
    from = leases.at(-1)?.agentId
  }
}
