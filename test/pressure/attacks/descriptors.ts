import { pause } from '../aborted.ts'
import type { Attack } from '../attack.ts'
import { RawConnection } from '../raw-client.ts'

const OPEN_FILES = 256
/** Longer than the TTL of the fleet. */
const SECONDS = 15

/**
 * Somebody opens all connections that the process has descriptors for, and keeps them, while each heartbeat
 * comes on a new one. Agents lapsed although they beat, without a line in the log.
 */
export const descriptors: Attack = {
  name: 'descriptors',
  title: `all of ${OPEN_FILES} open files taken by connections, while each heartbeat needs a new one`,
  stores: ['sqlite', 'postgres'],
  registry: { openFiles: OPEN_FILES },
  hasNewConnections: true,
  isOutage: true,
  seconds: () => SECONDS,
  async attack({ url }, signal) {
    const connections = new Set<RawConnection>()
    while (!signal.aborted) {
      for (const each of connections) if (each.isClosed) connections.delete(each)
      while (connections.size < 2 * OPEN_FILES) connections.add(new RawConnection(url, signal))
      await pause(200, signal)
    }
    return undefined
  },
}
