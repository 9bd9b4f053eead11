import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { isPublicUrl, PUBLIC_URL_RULE } from './config/public-url.ts'
import type { AgentRegistryRepository } from './domain/agent-registry-repository.ts'
import { isRegistryError } from './domain/registry-error.ts'
import { ExpiryLoop, type ExpiryReporter } from './expiry/expiry-loop.ts'
import { AcceptQueues } from './http/connections/accept-queues.ts'
import { createApp } from './http/create-app.ts'
import { SERVER_LIMITS } from './limits/server-limits.ts'
import { createStorageBackend, type StorageOptions } from './storage/create-storage-backend.ts'
import { FailureLog } from './telemetry/failure-log.ts'
import { StorageWatch } from './telemetry/storage-watch.ts'

/** What a server takes, beside the URL of its store. */
export interface AgentRegistryServerOptions extends StorageOptions {
  /**
   * A store that is open already, instead of the one that the URL names. It is yours: the server
   * does not close it.
   */
  readonly repository?: AgentRegistryRepository | undefined
  /** Seconds between two removals of the expired; default 60, at least 1. */
  readonly cleanupIntervalSeconds?: number | undefined
  /**
   * Where clients reach the server when that is not where it listens, such as
   * `https://agents.example/registry` behind a proxy. For the OpenAPI document; default: wherever
   * they find that.
   */
  readonly publicUrl?: string | undefined
  /** Streams of the change feed that may be open at once; default 10 000. */
  readonly maxStreams?: number | undefined
  /** Default: no log. */
  readonly logger?: FastifyBaseLogger | undefined
  /** How many lines the log has dropped, for a metric; default: there is none. */
  readonly droppedLogLines?: (() => number) | undefined
}

/** Milliseconds that open connections get to finish when the server closes. */
const CLOSE_TIMEOUT_MS = 3000
/** Milliseconds between two looks for connections that have finished. */
const CLOSE_IDLE_MS = 50

/**
 * An agent registry to run or to embed.
 *
 * ```ts
 * const server = new AgentRegistryServer('sqlite:///agents.db')
 * console.log(await server.listen({ port: 9000 }))
 * ```
 *
 * Without a port: `new AgentRegistryServer('memory:').createApp().inject('/health')`.
 */
export class AgentRegistryServer implements AsyncDisposable {
  readonly #registryUrl: string
  readonly #options: AgentRegistryServerOptions
  readonly #logger: FastifyBaseLogger
  readonly #queues = new AcceptQueues()
  #app: FastifyInstance | undefined
  #repository: AgentRegistryRepository | undefined
  #expiry: ExpiryLoop | undefined
  #watch: StorageWatch | undefined

  /**
   * Opens nothing yet.
   *
   * @param registryUrl names the store, see `createStorageBackend`; default
   *   `sqlite:///rollcall.db`. It is opened when the app starts, not here.
   * @throws RangeError when `cleanupIntervalSeconds` is less than 1, TypeError when `publicUrl` is
   *   no http(s) URL
   */
  constructor(registryUrl = 'sqlite:///rollcall.db', options: AgentRegistryServerOptions = {}) {
    const { cleanupIntervalSeconds } = options
    if (cleanupIntervalSeconds !== undefined && !(cleanupIntervalSeconds >= 1)) {
      throw new RangeError(`cleanupIntervalSeconds is ${cleanupIntervalSeconds}; at least 1`)
    }
    if (options.publicUrl !== undefined && !isPublicUrl(options.publicUrl)) {
      throw new TypeError(`publicUrl is "${options.publicUrl}"; it ${PUBLIC_URL_RULE}`)
    }
    this.#registryUrl = registryUrl
    this.#options = options
    this.#logger = options.logger ?? pino({ level: 'silent' })
  }

  /**
   * The Fastify app; the same one each time. It opens the store when it starts (`listen`, `ready`
   * or the first `inject`) and closes it with `app.close()`.
   */
  createApp(): FastifyInstance {
    this.#app ??= createApp({
      open: () => this.#open(),
      stopAccepting: () => this.#queues.close(),
      close: () => this.#closeStore(),
      logger: this.#logger,
      publicUrl: this.#options.publicUrl?.replace(/\/+$/, ''),
      droppedLogLines: this.#options.droppedLogLines,
      maxStreams: this.#options.maxStreams ?? SERVER_LIMITS.streams.value,
    })
    return this.#app
  }

  /** The store, once the app has started. */
  get repository(): AgentRegistryRepository | undefined {
    return this.#repository
  }

  /**
   * Serves over HTTP.
   *
   * @param options host, default `127.0.0.1`; port, default 9000, 0 for any free one
   * @returns the address, such as `http://127.0.0.1:9000`
   * @throws RegistryError `STORAGE_UNUSABLE`, or the error of the socket (`EADDRINUSE`, …)
   */
  async listen(options: { host?: string; port?: number } = {}): Promise<string> {
    const { host = '127.0.0.1', port = 9000 } = options
    const app = this.createApp()
    await app.ready()
    return this.#queues.listen(app, { host, port })
  }

  /** Stops accepting, answers what is under way, writes everything down. Twice is fine. */
  async close(): Promise<void> {
    const app = this.#app
    if (app === undefined) return
    // A client that never finishes its request must not keep the registry from stopping.
    const cut = setTimeout(() => app.server.closeAllConnections(), CLOSE_TIMEOUT_MS)
    // Those on which a request was under way are kept alive behind it.
    const idle = setInterval(() => app.server.closeIdleConnections(), CLOSE_IDLE_MS)
    try {
      await app.close()
    } finally {
      clearTimeout(cut)
      clearInterval(idle)
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #open(): Promise<AgentRegistryRepository> {
    const repository =
      this.#options.repository ?? (await createStorageBackend(this.#registryUrl, this.#options))
    this.#repository = repository
    this.#watch = new StorageWatch(repository, this.#logger)
    this.#expiry = new ExpiryLoop({
      repository,
      cleanupIntervalMs: (this.#options.cleanupIntervalSeconds ?? 60) * 1000,
      reporter: this.#reporter(this.#watch),
    })
    await this.#expiry.start()
    this.#watch.start()
    return repository
  }

  #reporter(watch: StorageWatch): ExpiryReporter {
    const logger = this.#logger
    const logs = {
      sweep: new FailureLog({ logger, what: 'the sweep' }),
      cleanup: new FailureLog({ logger, what: 'the cleanup' }),
    }
    return {
      cleaned: (removed) => logger.info({ removed }, 'removed expired agents'),
      worked: (pass) => logs[pass].worked(),
      failed: (pass, error) => {
        if (isRegistryError(error, 'STORAGE_UNAVAILABLE')) watch.failed(error)
        else logs[pass].failed(error)
      },
    }
  }

  async #closeStore(): Promise<void> {
    await this.#watch?.stop()
    await this.#expiry?.stop()
    if (this.#options.repository === undefined) await this.#repository?.close()
  }
}
