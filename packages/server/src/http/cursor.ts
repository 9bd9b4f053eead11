import { createHash } from 'node:crypto'
import { ERROR_CODES } from '@rollcall/protocol'
import type { AgentQuery, ListPosition } from '../domain/query/agent-query.ts'
import { HttpProblem } from './problem.ts'

const CHECK_CHARACTERS = 8
const CONTROL_CHARACTER = /\p{Cc}/u

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
    check === checkOf(text, query) && rest.length === 0 ? positionIn(text) : undefined
  if (position !== undefined) return position
  throw new HttpProblem(
    'INVALID_CURSOR',
    'The cursor was changed, or comes from a list with other filters or another order. ' +
      ERROR_CODES.INVALID_CURSOR.remedy,
    { errors: [{ pointer: '/query/cursor', message: 'does not belong to this query' }] },
  )
}

/** The check is no secret: whoever makes a cursor of their own can put anything in it. */
function positionIn(text: string): ListPosition | undefined {
  try {
    const position: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))
    if (!Array.isArray(position) || position.length !== 2) return undefined
    const [key, agentId] = position
    // JSON has numbers beyond what a double holds, and texts that no store has.
    const isRight =
      (key === null || Number.isFinite(key)) &&
      typeof agentId === 'string' &&
      !CONTROL_CHARACTER.test(agentId)
    return isRight ? { key, agentId } : undefined
  } catch {
    return undefined
  }
}

function checkOf(text: string, { limit: _, after: __, ...filter }: AgentQuery): string {
  const { sort = 'agent_id', includeDead = false, ...rest } = filter
  return createHash('sha256')
    .update(JSON.stringify([text, sort, includeDead, rest]))
    .digest('base64url')
    .slice(0, CHECK_CHARACTERS)
}
