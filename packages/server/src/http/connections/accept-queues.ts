import type { Server } from 'node:http'
import { createServer, type Server as NetServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Server as TlsServer } from 'node:tls'
import type { FastifyInstance } from 'fastify'
import { SERVER_LIMITS } from '../../limits/server-limits.ts'

/** Number of sockets that listen on the address of the registry. */
const QUEUES = 8
/** Milliseconds between two attempts to acquire the lock of a port. */
const LOCK_RETRY_MS = 10
/** Milliseconds after which the lock is no longer waited for. */
const LOCK_TIMEOUT_MS = 5000

/** Where to listen. */
interface ListenAddress {
  readonly host: string
  readonly port: number
}

/**
 * Several accept queues on one address (`SO_REUSEPORT`). Node accepts one connection per queue in each
 * iteration of the event loop: with 600 clients at a time connecting and disconnecting, on PostgreSQL, it
 * accepted 650 a second from one queue and 2400 from eight, and a heartbeat on a new connection waited
 * for 8.3 s and 0.6 s. Only Linux distributes connections among such queues.
 */
export class AcceptQueues {
  readonly #extraQueues: NetServer[] = []
  #isClosed = false

  /**
   * Starts an app listening.
   *
   * @param address port 0 for any free port
   * @returns the address, such as `http://127.0.0.1:9000`
   * @throws the error of the socket, such as `EADDRINUSE`
   */
  async listen(app: FastifyInstance, address: ListenAddress): Promise<string> {
    const options = { ...address, backlog: SERVER_LIMITS.backlog.value }
    if (process.platform !== 'linux') return withScheme(await app.listen(options), app.server)
    using _lock = address.port === 0 ? undefined : await lockPort(address.port)
    if (address.port !== 0) await requireFree(address)
    const shared = { ...options, reusePort: true }
    const url = await app.listen(shared)
    await this.#openExtraQueues(app.server)
    return withScheme(url, app.server)
  }

  /** Closes all queues except that of the app, and refuses the connections in them. */
  close(): void {
    this.#isClosed = true
    for (const queue of this.#extraQueues.splice(0)) queue.close()
  }

  async #openExtraQueues(server: Server): Promise<void> {
    const at = server.address()
    if (at === null || typeof at === 'string') return
    const options = { host: at.address, port: at.port, reusePort: true }
    // As Node has it: a client that leaves during its handshake would otherwise stay until that times out.
    const allowHalfOpen = !(server instanceof TlsServer)
    while (this.#extraQueues.length < QUEUES - 1 && !this.#isClosed) {
      const queue = createServer({ allowHalfOpen, noDelay: true }, (socket) => {
        transfer(socket, queue, server)
      })
      this.#extraQueues.push(queue)
      await new Promise<void>((resolve) => {
        // With fewer queues, connections wait longer but are still accepted.
        queue.on('error', resolve)
        queue.listen({ ...options, backlog: SERVER_LIMITS.backlog.value }, resolve)
      })
      if (this.#isClosed) queue.close()
    }
  }
}

/** The framework does not know that a server that it was given speaks TLS. */
function withScheme(url: string, server: Server): string {
  return server instanceof TlsServer ? url.replace(/^http:/, 'https:') : url
}

/** How Node counts the connections of a server: for its limit, and to detect when all are closed. */
interface ConnectionCount {
  _connections: number
  maxConnections?: number
}

/** Transfers a connection to another server, as if that server had accepted it. */
function transfer(socket: Socket, from: NetServer, to: Server): void {
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

/** Fails if another process listens on the address: with `SO_REUSEPORT`, neither would notice. */
async function requireFree(address: ListenAddress): Promise<void> {
  const probe = createServer()
  await bound(probe, address)
  await new Promise((resolve) => probe.close(resolve))
}

/**
 * Waits until no other registry on this machine is about to listen on the port. Two that check at the
 * same moment would both find it free.
 */
async function lockPort(port: number): Promise<Disposable | undefined> {
  const deadline = performance.now() + LOCK_TIMEOUT_MS
  for (;;) {
    const lock = createServer()
    try {
      // An abstract socket: the system gives the name to one process and releases it when that ends.
      await bound(lock, { path: `\0rollcall-listen-${port}` })
      return { [Symbol.dispose]: () => void lock.close() }
    } catch {
      if (performance.now() > deadline) return undefined
      await sleep(LOCK_RETRY_MS)
    }
  }
}

function bound(server: NetServer, options: ListenAddress | { path: string }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(options, resolve)
  })
}
