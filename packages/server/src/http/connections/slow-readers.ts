import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { SERVER_LIMITS } from '../../limits/server-limits.ts'
import type { OpenConnections } from './open-connections.ts'

/** Milliseconds between two looks. */
const CHECK_MS = 1000
/** Connections that are cut in a round of the event loop: a thousand at once took 300 ms. */
const CUT_IN_ROUND = 8
/** Milliseconds over which a rate is measured. */
const RATE_MS = 10_000
/** Bytes that a client must take in that time, if as many wait. */
const LEAST_BYTES = (SERVER_LIMITS.responseBytesPerSecond.value * RATE_MS) / 1000

/** Where the measurement of a connection began. */
interface Measurement {
  readonly atMs: number
  readonly taken: number
}

/**
 * Cuts off clients that do not take what they asked for: it would wait in our memory for as long as
 * they like. What the system has taken for them costs nothing and does not count.
 */
export class SlowReaders {
  readonly #connections: OpenConnections
  readonly #cut: (socket: Socket) => void
  readonly #measurements = new Map<Socket, Measurement>()
  /** To be cut, in one of the next rounds. */
  readonly #slow: Socket[] = []

  /** @param options.cut is called with each connection whose client is too slow */
  constructor(options: { connections: OpenConnections; cut: (socket: Socket) => void }) {
    this.#connections = options.connections
    this.#cut = options.cut
  }

  /** Looks at the connections of a server for as long as it listens. */
  watch(server: Server): Server {
    let timer: NodeJS.Timeout | undefined
    server.on('listening', () => {
      timer ??= setInterval(() => this.check(performance.now()), CHECK_MS).unref()
    })
    return server.on('close', () => clearInterval(timer))
  }

  /** Looks at all connections now. */
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
    const taken = takenBytes(socket)
    this.#measurements.set(socket, { atMs: nowMs, taken })
    if (before && taken - before.taken < LEAST_BYTES && this.#slow.push(socket) === 1) {
      setImmediate(() => this.#cutSome())
    }
  }

  #cutSome(): void {
    for (const socket of this.#slow.splice(0, CUT_IN_ROUND)) this.#cut(socket)
    if (this.#slow.length > 0) setImmediate(() => this.#cutSome())
  }
}

/**
 * Bytes that the system has taken from us. A large write is one for the socket until its end; how far
 * it has come only the handle knows, where Node's own timeouts look, too.
 */
function takenBytes(socket: Socket): number {
  const handle: unknown = Reflect.get(socket, '_handle')
  if (typeof handle === 'object' && handle !== null) {
    const given: unknown = Reflect.get(handle, 'bytesWritten')
    const waiting: unknown = Reflect.get(handle, 'writeQueueSize')
    if (typeof given === 'number' && typeof waiting === 'number') return given - waiting
  }
  return socket.bytesWritten - socket.writableLength
}
