import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/** The connections of a server that are open. */
export class OpenConnections {
  readonly #sockets = new Set<Socket>()

  /** Follows a server from now on. */
  watch(server: Server): Server {
    return server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
  }

  get count(): number {
    return this.#sockets.size
  }

  /** In the order in which they were opened. */
  [Symbol.iterator](): Iterator<Socket> {
    return this.#sockets.values()
  }
}
