import type { Socket } from 'node:net'
import type { OpenConnection } from './open-connections.ts'

/** Milliseconds in which a client that means it has sent its first request. */
const SILENT_MS = 2000
/** Milliseconds for which a connection that carried a heartbeat is kept for the next one. */
const HEARTBEAT_MS = 600_000

/**
 * The connections that are missed least, in the order in which to close them: those on which no
 * request ever came, then idle ones without a recent heartbeat; of either kind those of the client
 * with the most connections first, and the oldest first.
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
    if (isDispensable(connection, nowMs)) idle.push(connection)
  }
  const crowd = ({ socket }: OpenConnection) => perAddress.get(socket.remoteAddress) ?? 0
  return idle
    .sort(
      (a, b) =>
        Number(wasUsed(a)) - Number(wasUsed(b)) ||
        crowd(b) - crowd(a) ||
        a.openedAtMs - b.openedAtMs,
    )
    .map(({ socket }) => socket)
}

function isDispensable(connection: OpenConnection, nowMs: number): boolean {
  const { socket, openedAtMs, heartbeatAtMs } = connection
  // Where Node keeps the response that is under way; streams are among them.
  if (socket.destroyed || Reflect.get(socket, '_httpMessage')) return false
  return wasUsed(connection) ? nowMs - heartbeatAtMs > HEARTBEAT_MS : nowMs - openedAtMs > SILENT_MS
}

/** Something was answered on it. */
function wasUsed({ socket }: OpenConnection): boolean {
  return socket.bytesWritten > 0
}
