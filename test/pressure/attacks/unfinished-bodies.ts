import { LIMITS } from '@rollcall/protocol'
import { aborted } from '../aborted.ts'
import type { Attack } from '../attack.ts'
import { openConnections, requestBytes } from '../raw-client.ts'

/**
 * Clients that send all of a maximum-size body but the last byte. 200 of them took 830 MB within
 * 1.8 s, for a minute.
 */
export const unfinishedBodies: Attack = {
  name: 'unfinished-bodies',
  title: 'bodies of 4 MiB without the last byte',
  stores: ['sqlite', 'postgres'],
  async attack({ url, size }, signal) {
    const bytes = requestBytes('POST', '/agents/heartbeats', {
      body: ' '.repeat(LIMITS.batchBodyBytes),
    }).subarray(0, -1)
    const connections = await openConnections(url, size.unfinishedBodies, signal)
    for (const { socket } of connections) socket.write(bytes)
    await aborted(signal)
    return undefined
  },
}
