import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { SERVER_LIMITS } from '../../limits/server-limits.ts'
import type { OpenConnections } from './open-connections.ts'

/** Milliseconds between two checks. */
const CHECK_MS = 1000
/** Connections that are closed per iteration of the event loop: a thousand at once took 300 ms. */
const CLOSED_PER_ROUND = 8
/** Milliseconds over which a rate is measured. */
const RATE_MS = 10_000
/** Bytes that a client must read in that time, if that many are buffered. */
const MIN_BYTES = (SERVER_LIMITS.responseBytesPerSecond.value * RATE_MS) / 1000

/** The start of the measurement of a connection. */
interface Measurement {
  readonly atMs: number
  readonly sentBytes: number
}

/**
 * Disconnects clients that do not read their responses, which would otherwise stay in our memory
 * indefinitely. Data that the system buffers for them costs nothing and does not count.
 */
export class SlowReaders {
  readonly #connections: OpenConnections
  readonly #disconnect: (socket: Socket) => void
  readonly #measurements = new Map<Socket, Measurement>()
  /** To be disconnected in one of the next iterations. */
  readonly #slow: Socket[] = []

  /** @param options.disconnect called with each connection whose client is too slow */
  constructor(options: { connections: OpenConnections; disconnect: (socket: Socket) => void }) {
    this.#connections = options.connections
    this.#disconnect = options.disconnect
  }

  /** Checks the connections of a server for as long as it listens. */
  watch(server: Server): Server {
    let timer: NodeJS.Timeout | undefined
    server.on('listening', () => {
      timer ??= setInterval(() => this.check(performance.now()), CHECK_MS).unref()
    })
    return server.on('close', () => clearInterval(timer))
  }

  /** Checks all connections now. */
  check(nowMs: number): void {
    for (const socket of this.#measurements.keys()) {
      if (socket.destroyed) this.#measurements.delete(socket)
    }
    this.#connections.prune()
    for (const { socket } of this.#connections) {
      if (socket.writableLength === 0) this.#measurements.delete(socket)
      else this.#measure(socket, nowMs)
    }
  }

  #measure(socket: Socket, nowMs: number): void {
    const before = this.#measurements.get(socket)
    if (before && nowMs - before.atMs < RATE_MS) return
    const sentBytes = sentBytesOf(socket)
    this.#measurements.set(socket, { atMs: nowMs, sentBytes })
    const isSlow = before && sentBytes - before.sentBytes < MIN_BYTES
    if (isSlow && this.#slow.push(socket) === 1) setImmediate(() => this.#disconnectSome())
  }

  #disconnectSome(): void {
    for (const socket of this.#slow.splice(0, CLOSED_PER_ROUND)) this.#disconnect(socket)
    if (this.#slow.length > 0) setImmediate(() => this.#disconnectSome())
  }
}

/**
 * Returns the number of bytes passed to the system. To the socket, a large write is in flight until its
 * end; only the handle knows its progress, and Node's own timeouts use it as well.
 */
function sentBytesOf(socket: Socket): number {
  const own: unknown = Reflect.get(socket, '_handle')
  if (typeof own === 'object' && own !== null) {
    // Of a TLS connection, the handle below it: its own only knows what was encrypted.
    const handle: object = Reflect.get(own, '_parent') ?? own
    const written: unknown = Reflect.get(handle, 'bytesWritten')
    const queued: unknown = Reflect.get(handle, 'writeQueueSize')
    if (typeof written === 'number' && typeof queued === 'number') return written - queued
  }
  return socket.bytesWritten - socket.writableLength
}
