import type { FastifyReply, FastifyRequest } from 'fastify'

/**
 * Sets the `ETag` of a response and returns whether the client already has that response.
 *
 * The tag is weak: heartbeats change `last_heartbeat` without a new revision, and do not count as a
 * change.
 *
 * @param position the values on which the response depends: epoch, revision, …
 */
export function isNotModified(
  request: FastifyRequest,
  reply: FastifyReply,
  ...position: readonly (string | number)[]
): boolean {
  const etag = `W/"${position.join('-')}"`
  // A cache may store the response, but must revalidate it each time.
  reply.header('etag', etag).header('cache-control', 'no-cache')
  const known = request.headers['if-none-match']
  if (known === undefined) return false
  // Weak comparison, as RFC 9110 requires for reads: a cache in between may have dropped the `W/`.
  const opaque = (tag: string) => tag.trim().replace(/^W\//, '')
  return known === '*' || known.split(',').some((tag) => opaque(tag) === opaque(etag))
}
