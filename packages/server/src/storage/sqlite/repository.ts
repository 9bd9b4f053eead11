import { existsSync, realpathSync } from 'node:fs'
import { resolve } from 'node:path'
import Database from 'better-sqlite3'
import type { Clock } from '../../domain/clock.ts'
import type { Lease } from '../../domain/lease.ts'
import { RegistryError } from '../../domain/registry-error.ts'
import type { HistoryLimits } from '../history-limit.ts'
import { LeaseClock } from '../live/lease-clock.ts'
import { LiveAgentRegistryRepository } from '../live/repository.ts'
import { restoreTable } from '../live/restore-table.ts'
import type { WarningLogger } from '../warning-logger.ts'
import { explain } from './file/open-database.ts'
import { SqliteJournal } from './journal.ts'
import { AGENT_COLUMNS, type AgentRow } from './schema/columns.ts'
import { RowReader } from './schema/rows.ts'
import { SqliteReader } from './threads/reader.ts'
import { SqliteWriter, type WriterReporter } from './threads/writer.ts'

/** What a store in an SQLite file takes. */
export interface SqliteRepositoryOptions extends HistoryLimits {
  /** Seconds a live lease is sure to have after a restart, if its TTL allows; default 30. */
  readonly restartGraceSeconds?: number | undefined
  /** Milliseconds between two writes of waiting heartbeats; default 1000. */
  readonly heartbeatFlushIntervalMs?: number | undefined
  /** Gets warnings of what endangers the file; default: they are not given. */
  readonly logger?: WarningLogger | undefined
  /**
   * Called once when nothing can be written any more before the process is started again: the
   * thread that writes the file has ended, and no other could take its place. Reads and heartbeats
   * are still answered from memory.
   */
  readonly onStorageLost?: ((reason: RegistryError) => void) | undefined
  /** Default: the clocks of this machine. */
  readonly clock?: Clock | undefined
}

/**
 * The embedded default: the live table is in memory, a SQLite file is its durable copy.
 *
 * Registrations, deregistrations and all other transitions are acknowledged after their group
 * commit (`synchronous=FULL`). Heartbeats are acknowledged from memory and written behind, each
 * agent at most once per flush. Implements {@link AgentRegistryRepository}.
 */
export class SqliteAgentRegistryRepository extends LiveAgentRegistryRepository {
  /**
   * Opens a file, or makes it, and loads what it holds.
   *
   * @param path of the file, or `:memory:`
   * @throws RegistryError `STORAGE_UNUSABLE` when the file is damaged, in use by another
   *   registry, or not one of ours; it is left as it was
   */
  static async open(
    path: string,
    options: SqliteRepositoryOptions = {},
  ): Promise<SqliteAgentRegistryRepository> {
    const file = path === ':memory:' ? path : realPath(resolve(path))
    const { writer, ready } = await SqliteWriter.start({ path: file }, reporter(options))
    try {
      const clock = new LeaseClock({ clock: options.clock, resumeAt: ready.leaseNow })
      const graceMs = (options.restartGraceSeconds ?? 30) * 1000
      const { savedTo } = ready
      const leases = leasesIn(file, clock)
      const { table, extended } = await restoreTable(leases, { clock, graceMs, savedTo })
      await writer.request({ kind: 'claim' })
      const isFile = file !== ':memory:'
      const reader = isFile
        ? new SqliteReader(() => ({ path: file, identity: writer.identity }))
        : undefined
      return new SqliteAgentRegistryRepository({
        ...options,
        clock,
        table,
        journal: new SqliteJournal({ writer, reader, clock, logger: options.logger }),
        capabilities: { name: 'sqlite', durable: true, shared: false },
        epoch: ready.epoch,
        revision: ready.revision,
        savedTo,
        unsaved: extended,
        heartbeatFlushIntervalMs: options.heartbeatFlushIntervalMs ?? 1000,
      })
    } catch (error) {
      await writer.close()
      throw error
    }
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
      logger?.warn({ reason }, 'the thread that writes the database ended; another one goes on'),
    lost: (reason) => onStorageLost?.(reason),
  }
}

/** Whatever links lead to it, one file has one name, and so one lock. */
function realPath(path: string): string {
  return existsSync(path) ? realpathSync(path) : path
}

function closing(db: Database.Database): Database.Database & Disposable {
  return Object.assign(db, { [Symbol.dispose]: () => db.close() })
}
