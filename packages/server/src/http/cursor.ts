import { createHash } from 'node:crypto'
import type { AgentQuery, ListPosition } from '../domain/query/agent-query.ts'
import { HttpProblem } from './problem.ts'

const CHECK_CHARACTERS = 8

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
  if (check !== checkOf(text, query) || rest.length > 0) {
    throw new HttpProblem(
      'INVALID_CURSOR',
      'The cursor was changed, or comes from a list with other filters or another order. ' +
        'Take it from the Link header as it is, with the same filters; or begin without one.',
      { errors: [{ pointer: '/query/cursor', message: 'does not belong to this query' }] },
    )
  }
  const [key, agentId] = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))
  return { key, agentId }
}

function checkOf(text: string, { limit: _, after: __, ...filter }: AgentQuery): string {
  const { sort = 'agent_id', includeDead = false, ...rest } = filter
  return createHash('sha256')
    .update(JSON.stringify([text, sort, includeDead, rest]))
    .digest('base64url')
    .slice(0, CHECK_CHARACTERS)
}
