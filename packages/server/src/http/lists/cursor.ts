import { createHash } from 'node:crypto'
import { AGENT_ID_PATTERN, type AgentSort, ERROR_CODES, LIMITS } from '@rollcall/protocol'
import { branchesOf, containsPosition, currentBranch } from '../../domain/branch.ts'
import type { HistoryPosition } from '../../domain/history-position.ts'
import type { AgentQuery, ListPosition } from '../../domain/query/agent-query.ts'
import { RegistryError } from '../../domain/registry-error.ts'
import { HttpProblem } from '../responses/problem.ts'

/** Why a cursor is not valid although nobody modified it. */
export const FOREIGN_CURSOR =
  'The cursor belongs to a history that the registry no longer has; read the whole list again'

const CHECKSUM_CHARACTERS = 8
/** The key of agents without a load; the keys of loads are 0 to 1, or -1 to 0 in reverse order. */
const NO_LOAD = 2
const AGENT_ID = new RegExp(AGENT_ID_PATTERN)

/** Where a page ended, and of which list it was. */
export interface Cursor {
  readonly position: ListPosition
  /** The position in the history at which the page was read; absent in cursors of older versions. */
  readonly readAt?: { readonly branch: string; readonly revision: number } | undefined
}

/**
 * Encodes a position in a list for clients: the position itself, where the history stood, and a checksum
 * over both, the filters and the order. A cursor does not expire and is valid on every server of the
 * registry.
 */
export function encodeCursor(
  { key, agentId }: ListPosition,
  query: AgentQuery,
  history: HistoryPosition,
): string {
  const content = [key, agentId, currentBranch(history), history.revision]
  const text = Buffer.from(JSON.stringify(content)).toString('base64url')
  return `${text}.${checksumOf(text, query)}`
}

/**
 * Checks that a cursor belongs to a history: pages of two histories are not one list.
 *
 * @throws RegistryError `REVISION_GONE`
 */
export function requireSameHistory({ readAt }: Cursor, history: HistoryPosition): void {
  if (readAt === undefined) return
  const isAhead = readAt.revision > history.revision
  if (!isAhead && containsPosition(branchesOf(history), readAt)) return
  throw new RegistryError('REVISION_GONE', FOREIGN_CURSOR)
}

/** @throws HttpProblem `INVALID_CURSOR` */
export function decodeCursor(cursor: string, query: AgentQuery): Cursor {
  const [text = '', checksum, ...rest] = cursor.split('.')
  const isIntact = checksum === checksumOf(text, query) && rest.length === 0
  const decoded = isIntact ? contentOf(text, query.sort) : undefined
  if (decoded !== undefined) return decoded
  throw new HttpProblem(
    'INVALID_CURSOR',
    'The cursor was modified, or belongs to a list with different filters or another order. ' +
      ERROR_CODES.INVALID_CURSOR.remedy,
    { errors: [{ pointer: '/query/cursor', message: 'does not belong to this query' }] },
  )
}

/** Validates the position, because the checksum is not secret and anyone can forge a cursor. */
function contentOf(text: string, sort: AgentSort = 'agent_id'): Cursor | undefined {
  try {
    const content: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))
    if (!Array.isArray(content)) return undefined
    const [key, agentId, branch, revision] = content
    if (!isKey(key, sort) || !isAgentId(agentId)) return undefined
    const position = { key, agentId }
    if (content.length === 2) return { position }
    const isComplete = content.length === 4 && typeof branch === 'string'
    return isComplete && isRevision(revision)
      ? { position, readAt: { branch, revision } }
      : undefined
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

function isRevision(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

/** Whether a value is the id of an agent: cursors are not secret, and anyone can forge one. */
export function isAgentId(value: unknown): value is string {
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
