import type { IncomingMessage } from 'node:http'

/**
 * How many Host headers a request has. Node keeps the first and drops the others, a proxy in front may
 * look at the last: RFC 9112, 3.2 has requests with more than one refused.
 */
export function hostCount({ rawHeaders }: IncomingMessage): number {
  let count = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]
    if (name?.length !== 4) continue
    if (name === 'Host' || name === 'host' || name.toLowerCase() === 'host') count++
  }
  return count
}
