import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { noteArrival } from '../../scheduling/connection-arrivals.ts'

/** An open connection. */
export interface OpenConnection {
  readonly socket: Socket
  readonly openedAtMs: number
  /** When it last carried a successful heartbeat or registration. */
  heartbeatAtMs: number
}

/**
 * Tracks the open connections of a server. Does not add a listener to each of them: with a second
 * listener for `close`, V8 treats all arrays of listeners as long-lived, including those of every
 * response, and collecting them took a fifth of the time of a registration.
 */
export class OpenConnections {
  readonly #connections = new Map<Socket, OpenConnection>()
  /** A coarse clock: reading the real one per heartbeat would cost more than the rest of recording it. */
  #nowMs = performance.now()

  /** Tracks the connections of a server from now on. */
  watch(server: Server): Server {
    // Never emitted without TLS.
    server.on('secureConnection', (socket: Socket) => this.#secured(socket))
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

  /** The number of connections, including those that closed since the last {@link prune}. */
  get count(): number {
    return this.#connections.size
  }

  /** Removes closed connections. Returns how many are left. */
  prune(): number {
    this.#nowMs = performance.now()
    for (const socket of this.#connections.keys()) {
      if (socket.destroyed) this.#connections.delete(socket)
    }
    return this.#connections.size
  }

  /** Records that a connection carried a heartbeat. */
  noteHeartbeat(socket: Socket): void {
    const connection = this.#connections.get(socket)
    if (connection) connection.heartbeatAtMs = this.#nowMs
  }

  /** After the handshake, requests come on another socket, and only that knows what is written. */
  #secured(socket: Socket): void {
    const below = connectionBelow(socket)
    const openedAtMs = this.#connections.get(below)?.openedAtMs ?? performance.now()
    this.#connections.delete(below)
    this.#connections.set(socket, {
      socket,
      openedAtMs,
      heartbeatAtMs: Number.NEGATIVE_INFINITY,
    })
  }

  /** Iterates in the order in which the connections were opened. */
  [Symbol.iterator](): Iterator<OpenConnection> {
    return this.#connections.values()
  }
}

/** Returns the connection that carries a TLS connection; Node has no public name for it. */
function connectionBelow(socket: Socket): Socket {
  return Reflect.get(socket, '_parent') ?? socket
}
