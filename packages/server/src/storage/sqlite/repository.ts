import Database from 'better-sqlite3'
import type { TokenStore, TokenStoreProvider } from '../../access/token-store.ts'
import type { BackupContent, BackupOptions, BackupSource } from '../../domain/backup-source.ts'
import type { Clock } from '../../domain/clock.ts'
import type { BrakeOptions } from '../../domain/expiry-brake.ts'
import type { Lease } from '../../domain/lease.ts'
import { RegistryError } from '../../domain/registry-error.ts'
import { DEFAULTS } from '../../limits/defaults.ts'
import type { WebhookStore, WebhookStoreProvider } from '../../webhooks/webhook-store.ts'
import { beginBranch } from '../begin-branch.ts'
import type { HistoryLimits } from '../history-limit.ts'
import { LeaseClock } from '../live/lease-clock.ts'
import { LiveAgentRegistryRepository } from '../live/repository.ts'
import type { LiveRepositoryParts } from '../live/repository-parts.ts'
import { restoreTable } from '../live/restore-table.ts'
import type { WarningLogger } from '../warning-logger.ts'
import { warnOfOldState } from './backup/old-state.ts'
import { explain } from './file/open-database.ts'
import { realPath } from './file/real-path.ts'
import { SqliteJournal } from './journal.ts'
import { AGENT_COLUMNS, type AgentRow } from './schema/columns.ts'
import { RowReader } from './schema/rows.ts'
import { backUpOnThread } from './threads/backup.ts'
import type { ReaderOptions } from './threads/messages.ts'
import { SqliteReader } from './threads/reader.ts'
import { SqliteWriter, type WriterReporter } from './threads/writer.ts'
import { SqliteTokenStore } from './token-store.ts'
import { SqliteWebhookStore } from './webhook-store.ts'

/** Options of an SQLite store. */
export interface SqliteRepositoryOptions extends HistoryLimits, BrakeOptions {
  /** Minimum seconds that a live lease has left after a restart, capped by its TTL; default 30. */
  readonly restartGraceSeconds?: number | undefined
  /** Milliseconds between two flushes of heartbeats; default 1000. */
  readonly heartbeatFlushIntervalMs?: number | undefined
  /** Receives warnings about risks to the file; default: none. */
  readonly logger?: WarningLogger | undefined
  /**
   * Called once when writing is impossible until the process is restarted: the writer thread has ended,
   * and could not be replaced. Reads and heartbeats are still served from memory.
   */
  readonly onStorageLost?: ((reason: RegistryError) => void) | undefined
  /** Default: the system clock. */
  readonly clock?: Clock | undefined
}

/**
 * The default, embedded store: the live table is in memory, and an SQLite file is its durable copy.
 *
 * Registrations, deregistrations and all other transitions are acknowledged after their group
 * commit (`synchronous=FULL`). Heartbeats are acknowledged from memory and written behind, each agent at
 * most once per flush. Implements {@link AgentRegistryRepository}.
 */
export class SqliteAgentRegistryRepository
  extends LiveAgentRegistryRepository
  implements BackupSource, TokenStoreProvider, WebhookStoreProvider
{
  readonly tokens: TokenStore
  readonly webhooks: WebhookStore
  readonly #file: () => ReaderOptions

  private constructor(
    parts: LiveRepositoryParts,
    { file, ...kept }: { file: () => ReaderOptions; tokens: TokenStore; webhooks: WebhookStore },
  ) {
    super(parts)
    this.tokens = kept.tokens
    this.webhooks = kept.webhooks
    this.#file = file
  }

  /**
   * Opens or creates a file, and loads its agents.
   *
   * @param path path of the file, or `:memory:`
   * @throws RegistryError `STORAGE_UNUSABLE` when the file is damaged, in use by another registry, or not
   *   a registry; it is left unchanged
   */
  static async open(
    path: string,
    options: SqliteRepositoryOptions = {},
  ): Promise<SqliteAgentRegistryRepository> {
    const file = path === ':memory:' ? path : realPath(path)
    const { writer, ready } = await SqliteWriter.start({ path: file }, reporter(options))
    try {
      const clock = new LeaseClock({ clock: options.clock, resumeAt: ready.leaseNow })
      const graceMs = (options.restartGraceSeconds ?? DEFAULTS.restartGraceSeconds) * 1000
      const { savedTo } = ready
      const leases = leasesIn(file, clock)
      const restored = await restoreTable(leases, { clock, graceMs, savedTo })
      const { table, extended, aliveAtMs } = restored
      const wallMs = clock.deadlineToWall(clock.now())
      if (aliveAtMs !== undefined) warnOfOldState({ ...options, aliveAtMs, wallMs })
      const branches = beginBranch(ready)
      await writer.claim(branches)
      const isFile = file !== ':memory:'
      const openFile = () => ({ path: file, identity: writer.identity })
      const reader = isFile ? new SqliteReader(openFile) : undefined
      const parts = {
        ...options,
        clock,
        table,
        journal: new SqliteJournal({ writer, reader, clock, logger: options.logger }),
        capabilities: { name: 'sqlite', durable: true, shared: false },
        epoch: ready.epoch,
        branches,
        maintenance: ready.maintenance,
        revision: ready.revision,
        savedTo,
        unsaved: extended,
        heartbeatFlushIntervalMs:
          options.heartbeatFlushIntervalMs ?? DEFAULTS.heartbeatFlushIntervalSeconds * 1000,
      }
      const tokens = new SqliteTokenStore(writer, ready.tokens)
      const webhooks = new SqliteWebhookStore(writer, ready.webhooks)
      return new SqliteAgentRegistryRepository(parts, { file: openFile, tokens, webhooks })
    } catch (error) {
      await writer.close()
      throw error
    }
  }

  /**
   * Backs up the file on a thread of its own, with all changes that were acknowledged before, and all
   * heartbeats that were flushed before.
   *
   * @param path path of the backup, which must not exist
   * @throws RegistryError `STORAGE_UNUSABLE` when the backup cannot be written; there is no new file then
   */
  backUp(path: string, options: BackupOptions = {}): Promise<BackupContent> {
    return backUpOnThread(this.#file(), path, options)
  }
}

function* leasesIn(file: string, clock: LeaseClock): Generator<Lease> {
  if (file === ':memory:') return
  try {
    using db = closing(new Database(file, { readonly: true }))
    const reader = new RowReader(clock)
    const agents = db.prepare(`SELECT ${AGENT_COLUMNS.join(', ')} FROM agents ORDER BY agent_id`)
    for (const row of agents.iterate()) yield reader.toLease(row as AgentRow)
  } catch (error) {
    throw new RegistryError('STORAGE_UNUSABLE', explain(file, error), { cause: error })
  }
}

function reporter({ logger, onStorageLost }: SqliteRepositoryOptions): WriterReporter {
  return {
    restarted: (reason) =>
      logger?.warn({ reason }, 'the thread that writes the database ended and was replaced'),
    lost: (reason) => onStorageLost?.(reason),
  }
}

function closing(db: Database.Database): Database.Database & Disposable {
  return Object.assign(db, { [Symbol.dispose]: () => db.close() })
}
