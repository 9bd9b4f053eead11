import { MaintenanceEntries, type MaintenanceEntry } from '../../../domain/maintenance.ts'
import type { PostgresDatabase } from '../connections/database.ts'

// One statement, so that the entries are those of the version.
const ENTRIES = {
  name: 'maintenance_entries',
  text: `SELECT v.version, e.pattern, e.reason, e.since, e.set_by
    FROM rollcall.maintenance_version v LEFT JOIN rollcall.maintenance e ON true`,
}

/** The entries as of a version, which grows with every change. */
export interface VersionedEntries {
  readonly version: string
  readonly entries: MaintenanceEntries
}

/** The entries of maintenance, as this node last read them: they are read again when their version has grown. */
export class EntriesCache {
  readonly #database: PostgresDatabase
  #known: VersionedEntries | undefined

  constructor(database: PostgresDatabase) {
    this.#database = database
  }

  /**
   * Returns the entries of a version, or newer ones.
   *
   * @param version as the database has returned it
   */
  async at(version: string): Promise<VersionedEntries> {
    return this.#known?.version === version ? this.#known : await this.read()
  }

  /** Reads the entries. */
  async read(): Promise<VersionedEntries> {
    const rows = await this.#database.read<EntryRow>(ENTRIES, [], { lane: 'writes' })
    const entries = new MaintenanceEntries(rows.flatMap((row) => toEntry(row) ?? []))
    this.#known = { version: rows[0]?.version ?? '0', entries }
    return this.#known
  }
}

interface EntryRow {
  readonly version: string
  /** Null: there are no entries. */
  readonly pattern: string | null
  readonly reason: string
  readonly since: string
  readonly set_by: string
}

function toEntry({ pattern, reason, since, set_by: by }: EntryRow): MaintenanceEntry | undefined {
  return pattern === null ? undefined : { pattern, reason, sinceMs: Number(since), by }
}
