import { ERROR_CODES } from '@rollcall/protocol'
import { HttpProblem } from '../../responses/problem.ts'
import type { ServerIdentity } from '../server-card.ts'

/** Where a page of servers ended. */
export type ServerPosition = Pick<ServerIdentity, 'name' | 'version'>

/** Encodes where a page of servers ended. */
export function encodeServerCursor({ name, version }: ServerPosition): string {
  return Buffer.from(JSON.stringify([name, version])).toString('base64url')
}

/** @throws HttpProblem `INVALID_CURSOR` */
export function decodeServerCursor(cursor: string): ServerPosition {
  try {
    const content: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
    if (Array.isArray(content) && content.length === 2) {
      const [name, version] = content
      if (typeof name === 'string' && typeof version === 'string') return { name, version }
    }
  } catch {
    // Not one of ours.
  }
  throw new HttpProblem(
    'INVALID_CURSOR',
    `The cursor was modified, or belongs to a list with different filters or another order. ${ERROR_CODES.INVALID_CURSOR.remedy}`,
    { errors: [{ pointer: '/query/cursor', message: 'does not belong to this query' }] },
  )
}
