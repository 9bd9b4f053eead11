import type { FastifyBaseLogger } from 'fastify'
import type { ServerAccess } from '../access/server-access.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import type { AgentRegistryRepository } from '../domain/agent-registry-repository.ts'
import type { BackupStatistics } from '../domain/backup-source.ts'
import type { WebhookOptions } from '../webhooks/webhook-options.ts'
import type { BrowserGuard } from './browsers/browser-guard.ts'
import type { CallerLimitOptions } from './callers/caller-limits.ts'
import type { CardVerifier } from './cards/signatures/card-verifier.ts'
import type { CatalogSettings } from './catalogs/catalog-settings.ts'
import type { ServerTls } from './tls/server-tls.ts'

/** What the HTTP server is made of. */
export interface AppOptions {
  /** Opens the store. Called once, when the app starts. */
  readonly open: () => Promise<AgentRegistryRepository>
  /** Called once, when the app begins to stop. */
  readonly stopAccepting: () => void
  /** Called once, when the app has stopped. */
  readonly close: () => Promise<void>
  readonly logger: FastifyBaseLogger
  /** Decides who may call what. */
  readonly access: ServerAccess
  /** Speaks TLS; undefined: HTTP without it. */
  readonly tls: ServerTls | undefined
  /** The URL at which clients reach the registry, without a trailing slash. */
  readonly publicUrl: string | undefined
  readonly browserGuard: BrowserGuard
  /** See `AgentRegistryServerOptions`. */
  readonly droppedLogLines: (() => number) | undefined
  /** Returns the statistics of scheduled backups once the store is open; undefined: there are none. */
  readonly backups: (() => BackupStatistics | undefined) | undefined
  /** Where every write and every refusal is recorded; undefined: nowhere. */
  readonly audit: AuditLog | undefined
  readonly callerLimits: CallerLimitOptions
  readonly verifier: CardVerifier
  /** Maximum number of agents, expired ones included. */
  readonly maxAgents: number
  /** Maximum number of open streams of the change feed. */
  readonly maxStreams: number
  /** Whether browsers get the dashboard at `/`. */
  readonly hasDashboard: boolean
  /** Undefined: there are no webhooks. */
  readonly webhooks: WebhookOptions | undefined
  /** How agents are shown to models, and in the catalogs of others. */
  readonly catalogs: CatalogSettings
}
