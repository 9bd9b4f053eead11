import type { IncomingMessage } from 'node:http'

/**
 * Returns which header a request has more than once, of those that decide who asks whom. Node keeps the first and
 * drops the others, but a proxy may use the last: RFC 9112, 3.2 requires that requests with more than one `Host` are
 * rejected, and RFC 9110, 5.3 allows one `Authorization`.
 */
export function repeatedHeader({
  rawHeaders,
}: IncomingMessage): 'Host' | 'Authorization' | undefined {
  let hosts = 0
  let authorizations = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string
    if (name.length === 4) {
      if (name === 'Host' || name === 'host' || name.toLowerCase() === 'host') hosts++
    } else if (name.length === 13 && isAuthorization(name)) authorizations++
  }
  if (hosts > 1) return 'Host'
  return authorizations > 1 ? 'Authorization' : undefined
}

/** The usual spellings first: this is done for every heartbeat. */
function isAuthorization(name: string): boolean {
  return (
    name === 'authorization' || name === 'Authorization' || name.toLowerCase() === 'authorization'
  )
}
