import type { AgentRecord } from '../../domain/agent-record.ts'
import type { Lease } from '../../domain/lease.ts'
import type { LeaseTable } from '../../domain/lease-table.ts'
import { AgentMatcher } from '../../domain/query/agent-matcher.ts'
import {
  type AgentQuery,
  comparePositions,
  type ListPosition,
} from '../../domain/query/agent-query.ts'

/** Milliseconds of searching after which others get their turn. */
const TURN_MS = 1
/** Candidates looked at between two looks at the clock. */
const SLICE = 128

/** The agents of a live table that a query asks for; see `AgentRegistryRepository.listAll`. */
export function listAgents(
  table: LeaseTable,
  query: AgentQuery,
): AsyncGenerator<readonly AgentRecord[]> {
  const matcher = new AgentMatcher(query)
  const { sort = 'agent_id' } = query
  if (sort !== 'agent_id') return sorted(table, matcher, query)
  const { aliveBy = 'clock' } = query
  const pages =
    matcher.isEmpty && aliveBy === 'clock'
      ? everyone(table, matcher, query.after?.agentId)
      : matching(table, matcher, query)
  return query.limit === undefined ? pages : atMost(pages, query.limit)
}

/** Nothing to search: whole blocks, as the table shows them. */
async function* everyone(table: LeaseTable, matcher: AgentMatcher, after: string | undefined) {
  for (let from = after; ; ) {
    const page = table.page(from)
    if (page === undefined) return
    from = page.lastAgentId
    const shown = matcher.includesDead ? page.records : page.alive
    if (shown.length > 0) yield shown
  }
}

async function* matching(table: LeaseTable, matcher: AgentMatcher, query: AgentQuery) {
  for await (const leases of matchingLeases(table, matcher, query)) {
    yield leases.map((lease) => table.show(lease, undefined, query.aliveBy))
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
async function* sorted(table: LeaseTable, matcher: AgentMatcher, query: AgentQuery) {
  const { sort = 'agent_id', after, limit = Number.POSITIVE_INFINITY } = query
  let best: { position: ListPosition; agent: AgentRecord }[] = []
  const prune = (): void => {
    best.sort((a, b) => comparePositions(a.position, b.position))
    if (best.length > limit) best = best.slice(0, limit)
  }
  let worst: ListPosition | undefined
  for await (const leases of matchingLeases(table, matcher, { ...query, after: undefined })) {
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
async function* matchingLeases(
  table: LeaseTable,
  matcher: AgentMatcher,
  { after, aliveBy = 'clock' }: AgentQuery,
): AsyncGenerator<Lease[]> {
  const candidates = table.candidates(matcher)
  let turnBegan = performance.now()
  for (let from = after?.agentId; ; ) {
    const leases = candidates.after(from)
    if (leases.length === 0) return
    for (let at = 0; at < leases.length; at += SLICE) {
      const matching = table.matching(leases.slice(at, at + SLICE), matcher, aliveBy)
      if (matching.length > 0) yield matching
      if (performance.now() - turnBegan < TURN_MS) continue
      await new Promise(setImmediate)
      turnBegan = performance.now()
    }
    from = leases.at(-1)?.agentId
  }
}
