import type { AgentSort } from '@rollcall/protocol'
import type { AgentRecord } from '../../../domain/agent-record.ts'
import type { ReadOptions } from '../../../domain/agent-registry-repository.ts'
import { toAgentRecord } from '../../../domain/lease-views.ts'
import { AgentMatcher } from '../../../domain/query/agent-matcher.ts'
import {
  type AgentQuery,
  type ListPosition,
  positionOf,
} from '../../../domain/query/agent-query.ts'
import { SERVER_LIMITS } from '../../../limits/server-limits.ts'
import type { PostgresDatabase } from '../connections/database.ts'
import type { Moment } from '../nodes/database-time.ts'
import { AGENT_COLUMNS, type AgentRow, toLease } from '../rows.ts'
import { idRanges } from './id-ranges.ts'
import { liveStatusOf } from './live-status.ts'
import { patternOf, requiredSqlTerms } from './search-terms.ts'

/** Agents per page: few enough to read in a few milliseconds. */
const PAGE = 1000
/** Agents per page in any other order, where each page examines all matches. */
const SORTED_PAGE = 10_000

/** Timeout for a page: sorting a million agents takes one second on an idle server. */
const LIST_TIMEOUT_MS = SERVER_LIMITS.postgresListMs.value

const NUL = '\0'

/** The ascending SQL sort key of each order; list positions are computed the same way in JavaScript. */
const SORT_KEYS = {
  agent_id: undefined,
  last_heartbeat: 'a.last_beat',
  '-last_heartbeat': '-a.last_beat',
  registered_at: 'a.registered_at',
  '-registered_at': '-a.registered_at',
  expires_at: 'a.deadline',
  '-expires_at': '-a.deadline',
  load: 'coalesce(a.load, 2)',
  '-load': 'coalesce(-a.load, 2)',
} as const

/** Selects the agents that match a query, page by page; see `AgentRegistryRepository.listAll`. */
export async function* selectAgents(
  database: PostgresDatabase,
  query: AgentQuery,
  { signal }: ReadOptions = {},
): AsyncGenerator<readonly AgentRecord[]> {
  const matcher = new AgentMatcher(query)
  // PostgreSQL text cannot contain NUL, so no agent has such a name.
  if (matcher.name?.includes(NUL) || matcher.namePrefix?.includes(NUL)) return
  const { sort = 'agent_id', aliveBy = 'clock' } = query
  const pageSize = sort === 'agent_id' ? PAGE : SORTED_PAGE
  let left = query.limit ?? Number.POSITIVE_INFINITY
  for (let { after } = query; left > 0; ) {
    const moment = await database.sharedMoment(signal)
    const size = Math.min(left, pageSize)
    const { select, values } = selection(matcher, { query, after, moment, size })
    const statement = { text: select, timeoutMs: LIST_TIMEOUT_MS }
    const rows = await database.read<AgentRow>(statement, values, { isLong: true, signal })
    const agents = rows.map((row) => toAgentRecord(toLease(row), moment, { aliveBy }))
    const listed = agents.filter((agent) => matcher.lists(agent.agentId, agent))
    if (listed.length > 0) yield listed
    const last = agents.at(-1)
    if (last === undefined || rows.length < size) return
    left -= listed.length
    after = positionOf(last, sort)
  }
}

/** Builds the statement for a page: it selects all matches, and as few others as the indexes allow. */
function selection(
  matcher: AgentMatcher,
  page: { query: AgentQuery; after: ListPosition | undefined; moment: Moment; size: number },
): { select: string; values: unknown[] } {
  const { query, after, moment, size } = page
  const values: unknown[] = []
  const value = (it: unknown): string => `$${values.push(it)}`
  const { sort = 'agent_id', aliveBy = 'clock' } = query
  const alive = (): string =>
    aliveBy === 'transitions'
      ? 'NOT a.expired'
      : `(NOT a.expired AND a.deadline > ${value(moment.lease)})`
  const conditions: string[] = []
  const { agentIds, name, namePrefix, statuses, words, includesDead } = matcher
  if (agentIds !== undefined) conditions.push('a.agent_id BETWEEN ids.first AND ids.last')
  if (!includesDead) conditions.push(alive())
  if (name !== undefined) conditions.push(`a.agent_name = ${value(name)}`)
  if (namePrefix !== undefined) conditions.push(`a.agent_name ^@ ${value(namePrefix)}`)
  const { every, oneOf } = requiredSqlTerms(matcher)
  if (every.length > 0) conditions.push(`a.terms @> ${value(every)}::text[]`)
  for (const group of oneOf) conditions.push(`a.terms && ${value(group)}::text[]`)
  if (words.length > 0) {
    const found = words.map((word) => `w.words LIKE ${value(patternOf(word))}`).join(' AND ')
    conditions.push(`a.agent_id IN (SELECT w.agent_id FROM rollcall.words w WHERE ${found}
      UNION SELECT t.agent_id FROM rollcall.transitions t
      WHERE t.revision > (SELECT i.revision FROM rollcall.indexing i))`)
  }
  if (statuses !== undefined) {
    const aliveWithStatus = `${alive()} AND (${liveStatusOf('a')}) = ANY (${value([...statuses])}::text[])`
    conditions.push(
      statuses.has('expired') ? `(NOT ${alive()} OR ${aliveWithStatus})` : aliveWithStatus,
    )
  }
  const key = SORT_KEYS[sort]
  if (after !== undefined) {
    const shift = columnTime(sort, moment) - moment.wall
    const place = (after.key ?? 0) + (sort.startsWith('-') ? -shift : shift)
    conditions.push(
      key === undefined
        ? `a.agent_id > ${value(after.agentId)}`
        : // A forged cursor may contain any number.
          `(${key}, a.agent_id) > (${value(place)}::double precision, ${value(after.agentId)})`,
    )
  }
  const where = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : ''
  const order = key === undefined ? 'a.agent_id' : `${key}, a.agent_id`
  const limited = `ORDER BY ${order} LIMIT ${value(size)}`
  let source = `rollcall.agents a ${where}`
  if (agentIds !== undefined) {
    const { first, last } = idRanges(agentIds)
    // A range at a time: with all of them in one condition, the planner reads what is between them if the limit is low.
    source = `unnest(${value(first)}::text[], ${value(last)}::text[]) AS ids (first, last),
      LATERAL (SELECT a.* FROM ${source} ${limited}) a`
  }
  return { select: `SELECT ${AGENT_COLUMNS} FROM ${source} ${limited}`, values }
}

/** The moment on the time scale of the column of a sort key. */
function columnTime(sort: AgentSort, { wall, beat, lease }: Moment): number {
  if (sort.endsWith('last_heartbeat')) return beat
  return sort.endsWith('expires_at') ? lease : wall
}
