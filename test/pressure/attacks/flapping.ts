import type { Attack } from '../attack.ts'
import { statusOf } from '../http-status.ts'
import { requestBytes, sendAll } from '../raw-client.ts'
import { registrationBytes } from '../registration-bytes.ts'

const AGENT = 'flapping'
const WITNESS = 'witness'
/** A batch has 335 KB. */
const FLIPS_PER_BATCH = 6000

/**
 * One agent whose status alternates with each of a large number of batched heartbeats: 110 000 of
 * them displaced the entire history.
 */
export const flapping: Attack = {
  name: 'flapping',
  title: 'one agent whose status alternates in batches',
  stores: ['sqlite', 'postgres'],
  async prepare({ url }) {
    await sendAll(url, 2, (index) => registrationBytes(index === 0 ? WITNESS : AGENT))
  },
  async attack({ url, size }, signal) {
    const heartbeats = Array.from({ length: FLIPS_PER_BATCH }, (_, index) => ({
      agent_id: AGENT,
      status: index % 2 === 0 ? 'busy' : 'ready',
    }))
    const body = JSON.stringify({ heartbeats })
    const bytes = requestBytes('POST', '/agents/heartbeats', { body })
    const batches = Math.ceil(size.flips / FLIPS_PER_BATCH)
    const missing = await sendAll(url, batches, () => bytes, signal)
    return [{ what: 'batches with a response', value: `${batches - missing} of ${batches}` }]
  },
  async inspect({ url }) {
    const { text } = await statusOf(`${url}/agents/${WITNESS}/events`)
    const isRetained = text.includes('"registered"')
    return [
      {
        what: 'history of another agent',
        value: isRetained ? 'retained' : 'lost',
        isGood: isRetained,
      },
    ]
  },
}
