import type { Attack } from '../attack.ts'
import { expandingMetadata } from '../expanding-metadata.ts'
import { repeatRequest, requestBytes, sendAll } from '../raw-client.ts'
import { registrationBytes } from '../registration-bytes.ts'

/**
 * A Prometheus that repeatedly requests the targets of agents with metadata of maximum length. 150
 * of them blocked the event loop for 2.3 s.
 */
export const richTargets: Attack = {
  name: 'rich-targets',
  title: 'repeated requests for Prometheus targets of agents with long metadata',
  stores: ['sqlite', 'postgres'],
  async prepare({ url, size }) {
    await sendAll(url, size.richTargets, (index) =>
      registrationBytes(`rich-${index}`, { metadata: expandingMetadata(index) }),
    )
  },
  async attack({ url }, signal) {
    const value = await repeatRequest(url, requestBytes('GET', '/sd/prometheus'), signal)
    return [{ what: 'lists of targets', value }]
  },
}
