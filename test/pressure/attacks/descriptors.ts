import { pause } from '../aborted.ts'
import type { Attack } from '../attack.ts'
import { AttackConnection } from '../raw-client.ts'

const OPEN_FILES = 256
/** Longer than the TTL of the fleet. */
const SECONDS = 15

/**
 * A client opens as many connections as the process has file descriptors and holds them, while each
 * heartbeat needs a new one. Agents lapsed despite their heartbeats, without a line in the log.
 */
export const descriptors: Attack = {
  name: 'descriptors',
  title: `all of ${OPEN_FILES} open files held by connections, while each heartbeat needs a new one`,
  stores: ['sqlite', 'postgres'],
  registry: { openFiles: OPEN_FILES },
  hasNewConnections: true,
  isOutage: true,
  seconds: () => SECONDS,
  async attack({ url }, signal) {
    const connections = new Set<AttackConnection>()
    while (!signal.aborted) {
      for (const each of connections) if (each.isClosed) connections.delete(each)
      while (connections.size < 2 * OPEN_FILES) connections.add(new AttackConnection(url, signal))
      await pause(200, signal)
    }
    return undefined
  },
}
