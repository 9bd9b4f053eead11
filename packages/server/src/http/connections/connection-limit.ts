import type { Server } from 'node:http'
import type { FastifyBaseLogger } from 'fastify'
import type { AgentRegistryRepository } from '../../domain/agent-registry-repository.ts'
import { SERVER_LIMITS } from '../../limits/server-limits.ts'
import { LimitLog } from '../../telemetry/limit-log.ts'
import type { RegistryMetrics } from '../../telemetry/registry-metrics.ts'
import { evictableConnections } from './evictable-connections.ts'
import type { LeaseSuspension } from './lease-suspension.ts'
import type { OpenConnections } from './open-connections.ts'
import { openFileLimit, openFiles } from './open-file-limit.ts'

/** Files reserved for the store, the log and the `/docs` page; connections may use the rest. */
const RESERVED_FILES = 64
/** Number of connections below which the limit is too low for production. */
const LOW_CONNECTIONS = 1000
/** Share of the limit that is evicted at once, to make the search worthwhile. */
const EVICTION_SHARE = 0.02
/** Milliseconds between two searches for connections to evict. */
const EVICTION_DELAY_MS = 50

type Store = Pick<AgentRegistryRepository, 'capabilities'>

/**
 * Reserves capacity for the connections of agents. When the number of connections approaches the
 * open-file limit of the process, idle ones are closed. When all are in use, further ones are refused
 * and reported: otherwise the event loop would accept and close them silently, and the store could not
 * open its own files. Meanwhile no lease lapses, because the registry may not be reachable for agents.
 */
export class ConnectionLimit {
  readonly #logger: FastifyBaseLogger
  readonly #metrics: RegistryMetrics
  readonly #connections: OpenConnections
  readonly #refusals: LimitLog
  readonly #closures: LimitLog
  readonly #leases: LeaseSuspension
  #limit = Number.POSITIVE_INFINITY
  #store: Store | undefined
  #eviction: NodeJS.Timeout | undefined

  constructor(options: {
    logger: FastifyBaseLogger
    metrics: RegistryMetrics
    connections: OpenConnections
    /** Suspended while connections are refused: each may be an agent. */
    leases: LeaseSuspension
  }) {
    const { logger } = options
    this.#logger = logger
    this.#metrics = options.metrics
    this.#connections = options.connections
    this.#leases = options.leases
    this.#refusals = new LimitLog({ logger, subject: 'accepting connections' })
    this.#closures = new LimitLog({ logger, subject: 'keeping idle connections' })
  }

  /** Maximum number of open connections. */
  get limit(): number {
    return this.#limit
  }

  /** Maximum number of connections that may be streams. */
  get streams(): number {
    return Math.floor((this.#limit * SERVER_LIMITS.streamsPercent.value) / 100)
  }

  /** Sets the store, whose connections have reserved files. */
  reserveFor(store: Store): void {
    this.#store = store
  }

  /** Applies the limit once a server listens; by then the store has opened its files. */
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
    server.on('connection', () => this.#evictIdle())
    server.on('drop', () => this.#refused(files))
    if (this.#limit < LOW_CONNECTIONS) {
      this.#logger.warn(
        { limit: files, connections: this.#limit },
        `the limit of ${files} open files leaves room for ${this.#limit} connections of agents ` +
          'and streams; raise it with ulimit -n or LimitNOFILE=',
      )
    }
  }

  #refused(files: number): void {
    this.#metrics.countRefusedConnection('open_files')
    this.#refusals.reached(
      `all ${this.#limit} connections that the limit of ${files} open files allows are in use`,
    )
    this.#evictIdle()
    this.#leases.suspend()
  }

  /** Closes idle connections if too many are open; delayed, to handle many at once. */
  #evictIdle(): void {
    const allowed = (this.#limit * SERVER_LIMITS.connectionsPercent.value) / 100
    if (this.#connections.count <= allowed || this.#eviction) return
    this.#eviction = setTimeout(() => {
      this.#eviction = undefined
      const open = this.#connections.prune()
      if (open <= allowed) return
      const excess = open - allowed + this.#limit * EVICTION_SHARE
      const closed = evictableConnections(this.#connections, performance.now())
        .slice(0, Math.ceil(excess))
        .map((socket) => socket.destroy()).length
      for (let count = 0; count < closed; count++) this.#metrics.countClosedConnection('idle')
      if (closed > 0) {
        this.#closures.reached(`${open} of ${this.#limit} possible connections are open`)
      }
    }, EVICTION_DELAY_MS).unref()
  }
}
