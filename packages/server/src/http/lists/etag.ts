import type { FastifyReply, FastifyRequest } from 'fastify'

/**
 * Sets the `ETag` of an answer and tells whether the client has that answer already.
 *
 * The tag is weak: heartbeats move `last_heartbeat` without a new revision, and are not what a
 * client means that asks whether anything changed.
 *
 * @param position what the answer depends on: epoch, revision, …
 */
export function isNotModified(
  request: FastifyRequest,
  reply: FastifyReply,
  ...position: readonly (string | number)[]
): boolean {
  const etag = `W/"${position.join('-')}"`
  // A cache may keep the answer, and must ask each time whether it still holds.
  reply.header('etag', etag).header('cache-control', 'no-cache')
  const wanted = request.headers['if-none-match']
  if (wanted === undefined) return false
  // Compared weakly, as RFC 9110 has it for reads: a cache on the way may have dropped the `W/`.
  const opaque = (tag: string) => tag.trim().replace(/^W\//, '')
  return wanted === '*' || wanted.split(',').some((tag) => opaque(tag) === opaque(etag))
}
