import { createHash } from 'node:crypto'
import { AGENT_ID_PATTERN, type AgentSort, ERROR_CODES, LIMITS } from '@rollcall/protocol'
import type { AgentQuery, ListPosition } from '../../domain/query/agent-query.ts'
import { HttpProblem } from '../responses/problem.ts'

const CHECK_CHARACTERS = 8
/** The key of agents without a load; those of loads are 0 to 1, or less than 0 in reverse. */
const NO_LOAD = 2
const AGENT_ID = new RegExp(AGENT_ID_PATTERN)

/**
 * A place in a list as clients carry it about: the position, and a check that it is whole and
 * belongs to the same filters and order. It holds for as long as the agents keep their ids, on
 * any server of the registry.
 */
export function encodeCursor(position: ListPosition, query: AgentQuery): string {
  const text = Buffer.from(JSON.stringify([position.key, position.agentId])).toString('base64url')
  return `${text}.${checkOf(text, query)}`
}

/** @throws HttpProblem `INVALID_CURSOR` */
export function decodeCursor(cursor: string, query: AgentQuery): ListPosition {
  const [text = '', check, ...rest] = cursor.split('.')
  const position =
    check === checkOf(text, query) && rest.length === 0 ? positionIn(text, query.sort) : undefined
  if (position !== undefined) return position
  throw new HttpProblem(
    'INVALID_CURSOR',
    'The cursor was changed, or comes from a list with other filters or another order. ' +
      ERROR_CODES.INVALID_CURSOR.remedy,
    { errors: [{ pointer: '/query/cursor', message: 'does not belong to this query' }] },
  )
}

/** The check is no secret: anyone can make a cursor that says what no list would. */
function positionIn(text: string, sort: AgentSort = 'agent_id'): ListPosition | undefined {
  try {
    const position: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))
    if (!Array.isArray(position) || position.length !== 2) return undefined
    const [key, agentId] = position
    return isKey(key, sort) && isAgentId(agentId) ? { key, agentId } : undefined
  } catch {
    return undefined
  }
}

/** Whether an order has such a key; databases refuse numbers that are no time and no load. */
function isKey(key: unknown, sort: AgentSort): key is number | null {
  if (sort === 'agent_id') return key === null
  if (sort.endsWith('load')) return typeof key === 'number' && key >= -1 && key <= NO_LOAD
  return Number.isSafeInteger(key)
}

function isAgentId(value: unknown): value is string {
  return (
    typeof value === 'string' && value.length <= LIMITS.agentIdCharacters && AGENT_ID.test(value)
  )
}

function checkOf(text: string, { limit: _, after: __, ...filter }: AgentQuery): string {
  const { sort = 'agent_id', includeDead = false, ...rest } = filter
  return createHash('sha256')
    .update(JSON.stringify([text, sort, includeDead, rest]))
    .digest('base64url')
    .slice(0, CHECK_CHARACTERS)
}
