import type { Attack } from '../attack.ts'
import { expandingMetadata } from '../expanding-metadata.ts'
import { keepAsking, requestBytes, sendAll } from '../raw-client.ts'
import { registrationBytes } from '../registration-bytes.ts'

/**
 * A Prometheus that asks again and again for the targets of agents whose metadata are as long as they may
 * be. 150 of them were one turn of 2.3 s.
 */
export const richTargets: Attack = {
  name: 'rich-targets',
  title: 'targets for Prometheus of agents with long metadata, again and again',
  stores: ['sqlite', 'postgres'],
  async prepare({ url, size }) {
    await sendAll(url, size.richTargets, (index) =>
      registrationBytes(`rich-${index}`, { metadata: expandingMetadata(index) }),
    )
  },
  async attack({ url }, signal) {
    const value = await keepAsking(url, requestBytes('GET', '/sd/prometheus'), signal)
    return [{ what: 'lists of targets', value }]
  },
}
