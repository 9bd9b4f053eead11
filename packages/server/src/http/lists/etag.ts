import type { FastifyReply, FastifyRequest } from 'fastify'
import { branchesOf, containsPosition, currentBranch } from '../../domain/branch.ts'
import type { HistoryPosition } from '../../domain/history-position.ts'

/** A branch, a revision, and what else the response depends on. */
const TAG = /^(?:W\/)?"(.+)-(\d{1,15})(-[a-z][a-z0-9]*)?"$/

/**
 * Sets the `ETag` of a response and returns whether the client already has that response.
 *
 * The tag is weak: heartbeats change `last_heartbeat` without a new revision, and do not count as a
 * change. It names the branch, because another branch may have another list at the same revision; a tag of
 * an earlier branch, from before a restart, is valid if the revision is part of this history.
 *
 * @param content the position in this history on which the response depends, and what else
 *   tells responses to this request apart
 */
export function isNotModified(
  request: FastifyRequest,
  reply: FastifyReply,
  { history, revision, variant }: TaggedContent,
): boolean {
  const suffix = variant === undefined ? '' : `-${variant}`
  const etag = `W/"${currentBranch(history)}-${revision}${suffix}"`
  // A cache may store the response, but must revalidate it each time.
  reply.header('etag', etag).header('cache-control', 'no-cache')
  const known = request.headers['if-none-match']
  if (known === undefined) return false
  if (known === '*') return true
  const branches = branchesOf(history)
  // Weak comparison, as RFC 9110 requires for reads: a cache in between may have dropped the `W/`.
  const current = known.split(',').find((tag) => {
    const [, branch, digits, ending = ''] = TAG.exec(tag.trim()) ?? []
    if (branch === undefined || Number(digits) !== revision || ending !== suffix) return false
    return containsPosition(branches, { branch, revision })
  })
  if (current === undefined) return false
  // The tag of the response that the client holds, by which a cache finds it.
  reply.header('etag', current.trim())
  return true
}

interface TaggedContent {
  readonly history: HistoryPosition
  readonly revision: number
  /** A letter, and letters or digits; default: none. */
  readonly variant?: string | undefined
}
