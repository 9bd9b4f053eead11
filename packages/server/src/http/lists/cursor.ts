import { createHash } from 'node:crypto'
import { AGENT_ID_PATTERN, type AgentSort, ERROR_CODES, LIMITS } from '@rollcall/protocol'
import type { AgentQuery, ListPosition } from '../../domain/query/agent-query.ts'
import { HttpProblem } from '../responses/problem.ts'

const CHECKSUM_CHARACTERS = 8
/** The key of agents without a load; the keys of loads are 0 to 1, or -1 to 0 in reverse order. */
const NO_LOAD = 2
const AGENT_ID = new RegExp(AGENT_ID_PATTERN)

/**
 * Encodes a position in a list for clients: the position itself, and a checksum over it, the filters
 * and the order. A cursor does not expire and is valid on every server of the registry.
 */
export function encodeCursor(position: ListPosition, query: AgentQuery): string {
  const text = Buffer.from(JSON.stringify([position.key, position.agentId])).toString('base64url')
  return `${text}.${checksumOf(text, query)}`
}

/** @throws HttpProblem `INVALID_CURSOR` */
export function decodeCursor(cursor: string, query: AgentQuery): ListPosition {
  const [text = '', checksum, ...rest] = cursor.split('.')
  const isIntact = checksum === checksumOf(text, query) && rest.length === 0
  const position = isIntact ? positionIn(text, query.sort) : undefined
  if (position !== undefined) return position
  throw new HttpProblem(
    'INVALID_CURSOR',
    'The cursor was modified, or belongs to a list with different filters or another order. ' +
      ERROR_CODES.INVALID_CURSOR.remedy,
    { errors: [{ pointer: '/query/cursor', message: 'does not belong to this query' }] },
  )
}

/** Validates the position, because the checksum is not secret and anyone can forge a cursor. */
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

/** Whether a key is valid for an order; databases reject numbers outside the range of their type. */
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

function checksumOf(text: string, { limit: _, after: __, ...filter }: AgentQuery): string {
  const { sort = 'agent_id', includeDead = false, ...rest } = filter
  return createHash('sha256')
    .update(JSON.stringify([text, sort, includeDead, rest]))
    .digest('base64url')
    .slice(0, CHECKSUM_CHARACTERS)
}
