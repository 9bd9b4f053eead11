import type { Socket } from 'node:net'
import type { OpenConnection } from './open-connections.ts'

/** Milliseconds within which a genuine client sends its first request. */
const SILENT_MS = 2000
/** Milliseconds for which a connection is kept after a heartbeat, for the next one. */
const HEARTBEAT_MS = 600_000

/**
 * Returns the connections to evict, in order: first those without any request, then idle ones without
 * a recent heartbeat. Within each group, connections of the client with the most connections come
 * first, then the oldest.
 */
export function evictableConnections(
  connections: Iterable<OpenConnection>,
  nowMs: number,
): readonly Socket[] {
  const perAddress = new Map<string | undefined, number>()
  const idle: OpenConnection[] = []
  for (const connection of connections) {
    const { remoteAddress } = connection.socket
    perAddress.set(remoteAddress, (perAddress.get(remoteAddress) ?? 0) + 1)
    if (isEvictable(connection, nowMs)) idle.push(connection)
  }
  const siblings = ({ socket }: OpenConnection) => perAddress.get(socket.remoteAddress) ?? 0
  return idle
    .sort(
      (a, b) =>
        Number(wasUsed(a)) - Number(wasUsed(b)) ||
        siblings(b) - siblings(a) ||
        a.openedAtMs - b.openedAtMs,
    )
    .map(({ socket }) => socket)
}

function isEvictable(connection: OpenConnection, nowMs: number): boolean {
  const { socket, openedAtMs, heartbeatAtMs } = connection
  // Node keeps the response in flight here, which may be a stream.
  if (socket.destroyed || Reflect.get(socket, '_httpMessage')) return false
  return wasUsed(connection) ? nowMs - heartbeatAtMs > HEARTBEAT_MS : nowMs - openedAtMs > SILENT_MS
}

/** Whether a response was sent on the connection. */
function wasUsed({ socket }: OpenConnection): boolean {
  return socket.bytesWritten > 0
}
