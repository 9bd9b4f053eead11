import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { isTrustworthyUrl } from './access/jwt/key-download.ts'
import { ServerAccess } from './access/server-access.ts'
import type { AgentRegistryServerOptions } from './agent-registry-server-options.ts'
import type { AuditLog } from './audit/audit-log.ts'
import { createAuditLog } from './audit/create-audit-log.ts'
import { BackupSchedule } from './backups/backup-schedule.ts'
import {
  HOSTS_RULE,
  isHostPattern,
  isOrigin,
  ORIGINS_RULE,
  requireAll,
} from './config/host-lists.ts'
import { ConfigurationError } from './config/load-settings.ts'
import { isNetwork, NETWORKS_RULE } from './config/networks.ts'
import { isPublicUrl, PUBLIC_URL_RULE } from './config/public-url.ts'
import type { AgentRegistryRepository } from './domain/agent-registry-repository.ts'
import { isBackupSource } from './domain/backup-source.ts'
import { ExpiryLoop } from './expiry/expiry-loop.ts'
import { BrowserGuard } from './http/browsers/browser-guard.ts'
import { CardKeys } from './http/cards/signatures/card-keys.ts'
import { CardVerifier } from './http/cards/signatures/card-verifier.ts'
import { catalogSettings } from './http/catalogs/catalog-options.ts'
import type { CatalogSettings } from './http/catalogs/catalog-settings.ts'
import { AcceptQueues } from './http/connections/accept-queues.ts'
import { createApp } from './http/create-app.ts'
import { ServerTls } from './http/tls/server-tls.ts'
import { DEFAULTS } from './limits/defaults.ts'
import { SERVER_LIMITS } from './limits/server-limits.ts'
import { requireBackupSupport } from './storage/backup-support.ts'
import { createStorageBackend } from './storage/create-storage-backend.ts'
import { accessLog } from './telemetry/access-log.ts'
import { backupLog } from './telemetry/backup-log.ts'
import { expiryLog } from './telemetry/expiry-log.ts'
import { StorageMonitor } from './telemetry/storage-monitor.ts'
import { tlsLog } from './telemetry/tls-log.ts'

/** Milliseconds that open connections have to finish when the server closes. */
const CLOSE_TIMEOUT_MS = 3000

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
  readonly #acceptQueues = new AcceptQueues()
  readonly #access: ServerAccess
  readonly #tls: ServerTls | undefined
  readonly #audit: AuditLog | undefined
  readonly #browserGuard: BrowserGuard
  readonly #catalogs: CatalogSettings
  #app: FastifyInstance | undefined
  #repository: AgentRegistryRepository | undefined
  #expiry: ExpiryLoop | undefined
  #monitor: StorageMonitor | undefined
  #backups: BackupSchedule | undefined

  /**
   * Creates a server without opening anything.
   *
   * @param registryUrl identifies the store, see `createStorageBackend`; default
   *   `sqlite:///rollcall.db`. It is opened when the app starts, not here.
   * @throws RangeError when `cleanupIntervalSeconds` is less than 1, TypeError when `publicUrl` is
   *   not an http(s) URL, or one of the other options is not valid
   */
  constructor(registryUrl = 'sqlite:///rollcall.db', options: AgentRegistryServerOptions = {}) {
    const { cleanupIntervalSeconds } = options
    if (cleanupIntervalSeconds !== undefined && !(cleanupIntervalSeconds >= 1)) {
      throw new RangeError(
        `cleanupIntervalSeconds is ${cleanupIntervalSeconds}; it must be at least 1`,
      )
    }
    if (options.publicUrl !== undefined && !isPublicUrl(options.publicUrl)) {
      throw new TypeError(`publicUrl is "${options.publicUrl}"; it ${PUBLIC_URL_RULE}`)
    }
    const { allowedHosts = [], corsOrigins = [], publicUrl, auditLog } = options
    const { cardKeyOrigins = [], webhookNetworks = [] } = options
    requireAll({ allowedHosts }, isHostPattern, HOSTS_RULE)
    requireAll({ corsOrigins }, isOrigin, ORIGINS_RULE)
    requireAll({ cardKeyOrigins }, isOrigin, ORIGINS_RULE)
    requireAll(
      { cardKeyOrigins },
      isTrustworthyUrl,
      'takes https:// origins, except of this machine',
    )
    requireAll({ webhookNetworks }, isNetwork, NETWORKS_RULE)
    this.#catalogs = catalogSettings(options)
    this.#registryUrl = registryUrl
    this.#options = options
    this.#logger = options.logger ?? pino({ level: 'silent' })
    this.#access = new ServerAccess(options, {
      isPublic: options.publicUrl !== undefined,
      reporter: accessLog(this.#logger),
      clock: options.clock,
    })
    this.#tls = options.tls && new ServerTls(options.tls, tlsLog(this.#logger))
    const logger = this.#logger
    const { publicDiscovery } = options
    const browsers = { allowedHosts, corsOrigins, publicUrl, publicDiscovery }
    this.#browserGuard = new BrowserGuard({ ...browsers, logger })
    this.#audit = auditLog === undefined ? undefined : createAuditLog(auditLog, logger)
  }

  /**
   * Returns the Fastify app; the same one each time. It opens the store when it starts (`listen`,
   * `ready` or the first `inject`) and closes it with `app.close()`. Routes that you add need the scope `read`, and a
   * caller that sees all agents, unless their `config` is `{ shows: 'nothing' }`.
   */
  createApp(): FastifyInstance {
    this.#app ??= createApp({
      open: () => this.#open(),
      stopAccepting: () => this.#acceptQueues.close(),
      close: () => this.#closeStore(),
      logger: this.#logger,
      access: this.#access,
      tls: this.#tls,
      audit: this.#audit,
      browserGuard: this.#browserGuard,
      publicUrl: this.#options.publicUrl?.replace(/\/+$/, ''),
      droppedLogLines: this.#options.droppedLogLines,
      backups: this.#options.backupTo === undefined ? undefined : () => this.#backups?.statistics,
      callerLimits: this.#options,
      verifier: new CardVerifier(new CardKeys(this.#options)),
      maxAgents: this.#options.maxAgents ?? SERVER_LIMITS.agents.value,
      maxStreams: this.#options.maxStreams ?? SERVER_LIMITS.streams.value,
      hasDashboard: this.#options.dashboard ?? true,
      webhooks: (this.#options.webhooks ?? true) ? this.#options : undefined,
      catalogs: this.#catalogs,
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
   * @param options host, default `127.0.0.1`; port, default 9000, 0 for any free port
   * @returns the address, such as `http://127.0.0.1:9000`
   * @throws ConfigurationError for an address that others than this machine reach, without access control;
   *   RegistryError `STORAGE_UNUSABLE`, or the error of the socket (`EADDRINUSE`, …)
   */
  async listen(options: { host?: string; port?: number } = {}): Promise<string> {
    const { host = '127.0.0.1', port = 9000 } = options
    const app = this.createApp()
    this.#browserGuard.allowHost(host)
    await app.ready()
    const refusal = this.#access.refusalOf(host)
    if (refusal !== undefined) throw new ConfigurationError([refusal])
    const address = await this.#acceptQueues.listen(app, { host, port })
    if (this.#access.control.mode === 'insecure') {
      this.#logger.warn(`INSECURE: without access control, ${host} lets every caller do everything`)
    }
    return address
  }

  /** Stops accepting connections, completes requests in flight and flushes all writes. Idempotent. */
  async close(): Promise<void> {
    const app = this.#app
    if (app === undefined) return
    // A client that never finishes its request must not keep the registry from stopping.
    const deadline = setTimeout(() => app.server.closeAllConnections(), CLOSE_TIMEOUT_MS)
    try {
      await app.close()
    } finally {
      clearTimeout(deadline)
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #open(): Promise<AgentRegistryRepository> {
    const { backupTo } = this.#options
    await this.#openFiles().catch((error: Error) => {
      throw new ConfigurationError([error.message])
    })
    if (backupTo !== undefined && !this.#options.repository) requireBackupSupport(this.#registryUrl)
    const repository =
      this.#options.repository ?? (await createStorageBackend(this.#registryUrl, this.#options))
    this.#repository = repository
    await this.#access.openTokens(repository)
    this.#monitor = new StorageMonitor(repository, this.#logger)
    this.#expiry = new ExpiryLoop({
      repository,
      cleanupIntervalMs:
        (this.#options.cleanupIntervalSeconds ?? DEFAULTS.cleanupIntervalSeconds) * 1000,
      reporter: expiryLog(this.#logger, this.#monitor),
    })
    await this.#expiry.start()
    this.#monitor.start()
    if (backupTo !== undefined) await this.#startBackups(repository, backupTo)
    return repository
  }

  async #openFiles(): Promise<void> {
    await this.#access.open()
    await this.#tls?.open()
    await this.#audit?.open()
  }

  async #startBackups(repository: AgentRegistryRepository, folder: string): Promise<void> {
    if (!isBackupSource(repository)) throw new TypeError('this store cannot be backed up to a file')
    const { backupEverySeconds, backupKeep } = this.#options
    this.#backups = new BackupSchedule({
      source: repository,
      epoch: (await repository.counts()).epoch,
      plan: {
        folder,
        everyMs: (backupEverySeconds ?? DEFAULTS.backupEverySeconds) * 1000,
        keep: backupKeep ?? DEFAULTS.backupKeep,
      },
      reporter: backupLog(this.#logger),
    })
    await this.#backups.start()
  }

  async #closeStore(): Promise<void> {
    this.#access.close()
    this.#tls?.close()
    await this.#backups?.stop()
    await this.#monitor?.stop()
    await this.#expiry?.stop()
    if (this.#options.repository === undefined) await this.#repository?.close()
    await this.#audit?.close()
  }
}
