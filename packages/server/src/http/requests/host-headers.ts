import type { IncomingMessage } from 'node:http'

/**
 * Counts the Host headers of a request. Node keeps the first and drops the others, but a proxy may use
 * the last: RFC 9112, 3.2 requires that requests with more than one are rejected.
 */
export function hostHeaderCount({ rawHeaders }: IncomingMessage): number {
  let count = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]
    if (name?.length !== 4) continue
    if (name === 'Host' || name === 'host' || name.toLowerCase() === 'host') count++
  }
  return count
}
