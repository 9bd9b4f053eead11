import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/** What is known of a connection. */
export interface OpenConnection {
  readonly socket: Socket
  readonly openedAtMs: number
  /** When it last carried a heartbeat, or a registration, that was answered well. */
  heartbeatAtMs: number
}

/** The connections of a server that are open. */
export class OpenConnections {
  readonly #connections = new Map<Socket, OpenConnection>()

  /** Follows a server from now on. */
  watch(server: Server): Server {
    return server.on('connection', (socket: Socket) => {
      this.#connections.set(socket, {
        socket,
        openedAtMs: performance.now(),
        heartbeatAtMs: Number.NEGATIVE_INFINITY,
      })
      socket.once('close', () => this.#connections.delete(socket))
    })
  }

  get count(): number {
    return this.#connections.size
  }

  /** Notes that a connection carried a heartbeat. */
  noteHeartbeat(socket: Socket): void {
    const connection = this.#connections.get(socket)
    if (connection) connection.heartbeatAtMs = performance.now()
  }

  /** In the order in which they were opened. */
  [Symbol.iterator](): Iterator<OpenConnection> {
    return this.#connections.values()
  }
}
