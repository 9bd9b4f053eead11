import { aborted } from '../aborted.ts'
import type { Attack } from '../attack.ts'
import { expandingMetadata } from '../expanding-metadata.ts'
import { openStreams, RawConnection, requestBytes, sendAll } from '../raw-client.ts'
import { registrationBytes } from '../registration-bytes.ts'

const AGENT = 'filtered'

/**
 * Streams with filters that differ, and changes of an agent whose metadata are as long as they may be.
 * Each filter has to be applied to each change; when the text to search in was made anew for each of
 * 500 filters, heartbeats waited for 33.7 s.
 */
export const feedFilters: Attack = {
  name: 'feed-filters',
  title: 'streams with a filter each, and changes of an agent with long metadata',
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
    new RawConnection(url, signal).socket.write(Buffer.concat(changes))
    // The changes are still on their way to the streams.
    await aborted(signal)
    return undefined
  },
}
