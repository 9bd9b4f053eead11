import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { noteArrival } from '../../scheduling/connection-arrivals.ts'

/** What is known of a connection. */
export interface OpenConnection {
  readonly socket: Socket
  readonly openedAtMs: number
  /** When it last carried a heartbeat, or a registration, that was answered well. */
  heartbeatAtMs: number
}

/**
 * The connections of a server that are open. It does not listen to each of them: with a second listener
 * for `close`, V8 takes all arrays of listeners for long-lived, those of every response among them,
 * and collecting them took a fifth of a registration.
 */
export class OpenConnections {
  readonly #connections = new Map<Socket, OpenConnection>()
  /** About now: a look at the clock for each heartbeat would cost more than the rest of noting it. */
  #nowMs = performance.now()

  /** Follows a server from now on. */
  watch(server: Server): Server {
    return server.on('connection', (socket: Socket) => {
      noteArrival()
      this.#nowMs = performance.now()
      this.#connections.set(socket, {
        socket,
        openedAtMs: this.#nowMs,
        heartbeatAtMs: Number.NEGATIVE_INFINITY,
      })
    })
  }

  /** How many there are; those that closed since the last {@link prune} are among them. */
  get count(): number {
    return this.#connections.size
  }

  /** Forgets those that have closed. Returns how many are left. */
  prune(): number {
    this.#nowMs = performance.now()
    for (const socket of this.#connections.keys()) {
      if (socket.destroyed) this.#connections.delete(socket)
    }
    return this.#connections.size
  }

  /** Notes that a connection carried a heartbeat. */
  noteHeartbeat(socket: Socket): void {
    const connection = this.#connections.get(socket)
    if (connection) connection.heartbeatAtMs = this.#nowMs
  }

  /** In the order in which they were opened. */
  [Symbol.iterator](): Iterator<OpenConnection> {
    return this.#connections.values()
  }
}
