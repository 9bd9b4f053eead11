import type { Server } from 'node:http'
import type { FastifyBaseLogger } from 'fastify'
import { LimitLog } from '../telemetry/limit-log.ts'
import type { RegistryMetrics } from '../telemetry/registry-metrics.ts'
import { openFileLimit, openFiles } from './open-file-limit.ts'

/** Files that the store, the log and the `/docs` page may open while connections take the rest. */
const RESERVED_FILES = 64
/** Connections below which a limit is too low for anything but a trial. */
const LOW_CONNECTIONS = 1000

/**
 * Refuses connections before the process runs out of files, and reports it. Without this, the event
 * loop accepts and closes them without a word when there are no files left, and the store cannot
 * open its own.
 */
export class ConnectionLimit {
  readonly #logger: FastifyBaseLogger
  readonly #metrics: RegistryMetrics
  readonly #log: LimitLog

  constructor(options: { logger: FastifyBaseLogger; metrics: RegistryMetrics }) {
    this.#logger = options.logger
    this.#metrics = options.metrics
    this.#log = new LimitLog({ logger: options.logger, what: 'accepting connections' })
  }

  /** Applies it to a server from when that listens; by then the store has opened its files. */
  apply(server: Server): Server {
    return server.once('listening', () => this.#limit(server))
  }

  #limit(server: Server): void {
    const limit = openFileLimit()
    if (limit === undefined) return
    const free = limit - openFiles()
    const connections = Math.max(1, free - RESERVED_FILES, Math.floor(free / 2))
    server.maxConnections = connections
    server.on('drop', () => this.#refused(limit, connections))
    if (connections < LOW_CONNECTIONS) {
      this.#logger.warn(
        { limit, connections },
        `the limit of ${limit} open files leaves room for ${connections} connections, of agents ` +
          'and of streams; raise it with ulimit -n or LimitNOFILE=',
      )
    }
  }

  #refused(limit: number, connections: number): void {
    this.#metrics.countRefusedConnection('open_files')
    this.#log.reached(
      `all ${connections} connections that a limit of ${limit} open files leaves room for are in use`,
    )
  }
}
