import type { Server } from 'node:http'
import type { FastifyBaseLogger } from 'fastify'
import type { AgentRegistryRepository } from '../../domain/agent-registry-repository.ts'
import { SERVER_LIMITS } from '../../limits/server-limits.ts'
import { LimitLog } from '../../telemetry/limit-log.ts'
import type { RegistryMetrics } from '../../telemetry/registry-metrics.ts'
import { evictableConnections } from './evictable-connections.ts'
import type { OpenConnections } from './open-connections.ts'
import { openFileLimit, openFiles } from './open-file-limit.ts'

/** Files that the store, the log and the `/docs` page may open while connections take the rest. */
const RESERVED_FILES = 64
/** Connections below which a limit is too low for anything but a trial. */
const LOW_CONNECTIONS = 1000
/** Of the limit, so many connections are closed at once, so that the search is worth it. */
const CLOSED_AT_ONCE = 0.02
/** Milliseconds between two searches for connections to close. */
const SEARCH_MS = 50
/** Milliseconds for which leases stand still when a connection is refused: it may be an agent. */
const HOLD_MS = 2000
/** Milliseconds after which they are held anew while connections are refused. */
const HOLD_AGAIN_MS = 500

type Store = Pick<AgentRegistryRepository, 'capabilities' | 'holdLeases'>

/**
 * Keeps room for the connections of agents. When nearly as many are open as the process may have
 * files, idle ones are closed. When all are in use, further ones are refused, which is reported:
 * otherwise the event loop would accept and close them without a word, and the store could not open
 * its own files. And no lease lapses meanwhile, because the registry is not listening to everybody.
 */
export class ConnectionLimit {
  readonly #logger: FastifyBaseLogger
  readonly #metrics: RegistryMetrics
  readonly #connections: OpenConnections
  readonly #refusals: LimitLog
  readonly #closures: LimitLog
  #limit = Number.POSITIVE_INFINITY
  #store: Store | undefined
  #searching: NodeJS.Timeout | undefined
  #heldAt = Number.NEGATIVE_INFINITY

  constructor(options: {
    logger: FastifyBaseLogger
    metrics: RegistryMetrics
    connections: OpenConnections
  }) {
    const { logger } = options
    this.#logger = logger
    this.#metrics = options.metrics
    this.#connections = options.connections
    this.#refusals = new LimitLog({ logger, subject: 'accepting connections' })
    this.#closures = new LimitLog({ logger, subject: 'keeping idle connections' })
  }

  /** Connections that may be open. */
  get limit(): number {
    return this.#limit
  }

  /** Connections that may be streams. */
  get streams(): number {
    return Math.floor((this.#limit * SERVER_LIMITS.streamsPercent.value) / 100)
  }

  /** Whose leases are held while connections are refused. */
  protect(store: Store): void {
    this.#store = store
  }

  /** Applies it to a server from when that listens; by then the store has opened its files. */
  apply(server: Server): Server {
    return server.once('listening', () => this.#apply(server))
  }

  #apply(server: Server): void {
    const files = openFileLimit()
    if (files === undefined) return
    const free = files - openFiles()
    const reserved = RESERVED_FILES + (this.#store?.capabilities.connections ?? 0)
    this.#limit = Math.max(1, free - reserved, Math.floor(free / 2))
    server.maxConnections = this.#limit
    server.on('connection', () => this.#makeRoom())
    server.on('drop', () => this.#refused(files))
    if (this.#limit < LOW_CONNECTIONS) {
      this.#logger.warn(
        { limit: files, connections: this.#limit },
        `the limit of ${files} open files leaves room for ${this.#limit} connections, of agents ` +
          'and of streams; raise it with ulimit -n or LimitNOFILE=',
      )
    }
  }

  #refused(files: number): void {
    this.#metrics.countRefusedConnection('open_files')
    this.#refusals.reached(
      `all ${this.#limit} connections that a limit of ${files} open files leaves room for are in use`,
    )
    this.#makeRoom()
    const now = performance.now()
    if (now - this.#heldAt < HOLD_AGAIN_MS) return
    this.#heldAt = now
    this.#store?.holdLeases?.(HOLD_MS)
  }

  /** Closes idle connections, if that many are open; soon, for many at once. */
  #makeRoom(): void {
    const allowed = (this.#limit * SERVER_LIMITS.connectionsPercent.value) / 100
    if (this.#connections.count <= allowed || this.#searching) return
    this.#searching = setTimeout(() => {
      this.#searching = undefined
      const open = this.#connections.prune()
      if (open <= allowed) return
      const excess = open - allowed + this.#limit * CLOSED_AT_ONCE
      const closed = evictableConnections(this.#connections, performance.now())
        .slice(0, Math.ceil(excess))
        .map((socket) => socket.destroy()).length
      for (let count = 0; count < closed; count++) this.#metrics.countClosedConnection('idle')
      if (closed > 0) {
        this.#closures.reached(`of ${this.#limit} possible connections too many are open`)
      }
    }, SEARCH_MS).unref()
  }
}
