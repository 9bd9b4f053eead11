import { aborted } from '../aborted.ts'
import type { Attack } from '../attack.ts'
import { expandingMetadata } from '../expanding-metadata.ts'
import { AttackConnection, openStreams, requestBytes, sendAll } from '../raw-client.ts'
import { registrationBytes } from '../registration-bytes.ts'

const AGENT = 'filtered'

/**
 * Streams with different filters, and changes of an agent with metadata of maximum length. Each
 * filter applies to each change; when the searchable text was rebuilt for each of 500 filters,
 * heartbeats waited for 33.7 s.
 */
export const feedFilters: Attack = {
  name: 'feed-filters',
  title: 'streams with different filters, and changes of an agent with long metadata',
  stores: ['sqlite', 'postgres'],
  async prepare({ url }) {
    const metadata = expandingMetadata(AGENT)
    await sendAll(url, 1, () => registrationBytes(AGENT, { metadata }))
  },
  async attack({ url, size }, signal) {
    const path = (index: number) => `/events?q=word${index}`
    await openStreams(url, { count: size.filters, path, signal })
    const changes = Array.from({ length: size.filteredChanges }, (_, change) => {
      const body = JSON.stringify({ status: change % 2 === 0 ? 'busy' : 'ready' })
      return requestBytes('POST', `/agents/${AGENT}/heartbeat`, { body })
    })
    new AttackConnection(url, signal).socket.write(Buffer.concat(changes))
    // The changes have not reached the streams yet.
    await aborted(signal)
    return undefined
  },
}
