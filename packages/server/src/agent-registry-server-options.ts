import type { FastifyBaseLogger } from 'fastify'
import type { ServerAccessOptions } from './access/server-access.ts'
import type { AgentRegistryRepository } from './domain/agent-registry-repository.ts'
import type { CallerLimitOptions } from './http/callers/caller-limits.ts'
import type { CatalogOptions } from './http/catalogs/catalog-options.ts'
import type { StorageOptions } from './storage/create-storage-backend.ts'
import type { WebhookOptions } from './webhooks/webhook-options.ts'

/** Options of a server, in addition to the URL of its store. */
export interface AgentRegistryServerOptions
  extends StorageOptions,
    ServerAccessOptions,
    CallerLimitOptions,
    CatalogOptions,
    WebhookOptions {
  /**
   * An already open store to use instead of the URL. The caller owns it: the server does not close
   * it.
   */
  readonly repository?: AgentRegistryRepository | undefined
  /** Seconds between two cleanups of expired agents; default 60, at least 1. */
  readonly cleanupIntervalSeconds?: number | undefined
  /**
   * The URL at which clients reach the server if it differs from where it listens, such as
   * `https://agents.example/registry` behind a proxy. Used in the OpenAPI document; default: relative
   * to the URL of that document.
   */
  readonly publicUrl?: string | undefined
  /**
   * Further names at which clients reach the server, such as `agents.example`, or `*.agents.example` for
   * all below it. Addresses, `localhost`, the host of `publicUrl` and the host passed to `listen` need
   * not be named. A request to another name gets 421 `HOST_NOT_ALLOWED` if it may be from a browser. Default:
   * none; see `--allowed-hosts`.
   */
  readonly allowedHosts?: readonly string[] | undefined
  /**
   * Origins whose pages may use the registry, such as `https://app.example`. Default: none, only pages
   * that are served at the origin of the registry itself.
   */
  readonly corsOrigins?: readonly string[] | undefined
  /**
   * Origins from which keys may be read to verify the signatures of cards, when somebody asks for that: such as
   * `https://keys.example`, or http:// on this machine. Default: none, and nothing is fetched.
   */
  readonly cardKeyOrigins?: readonly string[] | undefined
  /** Agents that the registry may have, expired ones included; default 1 000 000. */
  readonly maxAgents?: number | undefined
  /** Streams of the change feed that may be open at once; default 10 000. */
  readonly maxStreams?: number | undefined
  /** Whether browsers get the dashboard at `/`; default true. Other clients get the description of the registry there. */
  readonly dashboard?: boolean | undefined
  /** Whether changes can be sent to other services, see `POST /webhooks`; default true. */
  readonly webhooks?: boolean | undefined
  /** Folder for scheduled backups of a SQLite file; default: no backups. Created if it is missing. */
  readonly backupTo?: string | undefined
  /** Seconds between two scheduled backups; default 3600. */
  readonly backupEverySeconds?: number | undefined
  /** Scheduled backups that are kept; default 24. */
  readonly backupKeep?: number | undefined
  /**
   * File to which a line of JSON is appended for every change that a caller asks for, and for every refusal; `-`: the
   * log. Heartbeats are recorded only if they are refused. A file that was renamed is followed by a new one. Default:
   * none.
   */
  readonly auditLog?: string | undefined
  /** Default: no log. */
  readonly logger?: FastifyBaseLogger | undefined
  /** Returns how many lines the log has dropped, for a metric; default: no such metric. */
  readonly droppedLogLines?: (() => number) | undefined
}
