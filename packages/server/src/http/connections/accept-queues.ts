import type { Server } from 'node:http'
import { createServer, type Server as NetServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { SERVER_LIMITS } from '../../limits/server-limits.ts'

/** Sockets that listen on the address of the registry. */
const QUEUES = 8
/** Milliseconds between two looks whether another registry on the port has finished starting. */
const TURN_CHECK_MS = 10
/** Milliseconds after which it is not waited for any longer. */
const TURN_MS = 5000

/** Where to listen. */
interface ListenAddress {
  readonly host: string
  readonly port: number
}

/**
 * Several queues of connections that wait to be accepted, on one address (`SO_REUSEPORT`). Node accepts
 * one from each queue in a round of the event loop: while 600 clients at a time came and went, over
 * PostgreSQL, it accepted 650 a second from one queue and 2400 from eight, and a heartbeat on a new
 * connection waited for 8.3 s and 0.6 s. Only Linux spreads connections over such queues.
 */
export class AcceptQueues {
  readonly #more: NetServer[] = []
  #isClosed = false

  /**
   * Lets an app listen.
   *
   * @param address port 0 is any free one
   * @returns the address, such as `http://127.0.0.1:9000`
   * @throws the error of the socket, such as `EADDRINUSE`
   */
  async listen(app: FastifyInstance, address: ListenAddress): Promise<string> {
    const options = { ...address, backlog: SERVER_LIMITS.backlog.value }
    if (process.platform !== 'linux') return app.listen(options)
    using _turn = address.port === 0 ? undefined : await takeTurn(address.port)
    if (address.port !== 0) await requireFree(address)
    const shared = { ...options, reusePort: true }
    const url = await app.listen(shared)
    await this.#openMore(app.server)
    return url
  }

  /** Closes all queues but that of the app. What waits in them is refused. */
  close(): void {
    this.#isClosed = true
    for (const queue of this.#more.splice(0)) queue.close()
  }

  async #openMore(server: Server): Promise<void> {
    const at = server.address()
    if (at === null || typeof at === 'string') return
    const options = { host: at.address, port: at.port, reusePort: true }
    while (this.#more.length < QUEUES - 1 && !this.#isClosed) {
      const queue = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
        passOn(socket, queue, server)
      })
      this.#more.push(queue)
      await new Promise<void>((resolve) => {
        // With fewer of them, connections wait longer and are accepted all the same.
        queue.on('error', resolve)
        queue.listen({ ...options, backlog: SERVER_LIMITS.backlog.value }, resolve)
      })
      if (this.#isClosed) queue.close()
    }
  }
}

/** How Node counts the connections of a server: for its limit, and to know when all have closed. */
interface ConnectionCount {
  _connections: number
  maxConnections?: number
}

/** Makes a connection one of another server, as if that had accepted it. */
function passOn(socket: Socket, from: NetServer, to: Server): void {
  const counts = { from: from as NetServer & ConnectionCount, to: to as Server & ConnectionCount }
  if (counts.to._connections >= (counts.to.maxConnections ?? Number.POSITIVE_INFINITY)) {
    socket.destroy()
    to.emit('drop')
    return
  }
  counts.from._connections--
  counts.to._connections++
  Reflect.set(socket, '_server', to)
  to.emit('connection', socket)
}

/** Fails if another process listens on an address: with several queues, neither would notice. */
async function requireFree(address: ListenAddress): Promise<void> {
  const probe = createServer()
  await bound(probe, address)
  await new Promise((resolve) => probe.close(resolve))
}

/**
 * Waits until no other registry of this machine is about to listen on the port. Two that look at the same
 * moment would both find it free.
 */
async function takeTurn(port: number): Promise<Disposable | undefined> {
  const giveUpAt = performance.now() + TURN_MS
  for (;;) {
    const turn = createServer()
    try {
      // A name that the system gives to one process, and takes back when that ends.
      await bound(turn, { path: `\0rollcall-listen-${port}` })
      return { [Symbol.dispose]: () => void turn.close() }
    } catch {
      if (performance.now() > giveUpAt) return undefined
      await sleep(TURN_CHECK_MS)
    }
  }
}

function bound(server: NetServer, options: ListenAddress | { path: string }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(options, resolve)
  })
}
