import { NEEDED_VERSION } from '../schema/migrate.ts'

/**
 * What an inspection needs of a connection. The types of `pg` are not published with ours: whoever
 * embeds a registry need not have them.
 */
export interface Connection {
  query<Row extends object>(sql: string, values?: unknown[]): Promise<{ rows: Row[] }>
  escapeIdentifier(name: string): string
}

/** A transaction that has been open for more than a minute. */
export interface LongTransaction {
  /** Of the process that serves it; null: it was prepared, and waits for its second phase. */
  readonly pid: number | null
  /** What the program calls itself, or the name under which it was prepared. */
  readonly application: string
  /** Since it began, or was prepared. */
  readonly ageSeconds: number
}

/** Somebody who follows the primary. */
export interface Replica {
  /** Its `application_name`; empty when it has none, or the role may not know. */
  readonly name: string
  /** As in `pg_stat_replication`; null: the role may not know. */
  readonly syncState: string | null
}

/** How a PostgreSQL server is set up, as the role of the URL meets it. */
export interface InspectedServer {
  /** Such as `18.4`. */
  readonly version: string
  /** The oldest that will do. */
  readonly neededVersion: number
  /** Whether it is not older than that. */
  readonly isNewEnough: boolean
  /** Whether the connection is. */
  readonly isEncrypted: boolean
  /** `fsync`. */
  readonly fsync: boolean
  /** `full_page_writes`. */
  readonly fullPageWrites: boolean
  /** `synchronous_commit`, for this role in this database. */
  readonly synchronousCommit: string
  /** `synchronous_standby_names`. */
  readonly synchronousStandbyNames: string
  /** Those who follow it now. */
  readonly replicas: readonly Replica[]
  /** Whether it is on for the whole server. */
  readonly autovacuum: boolean
  /** Connections that the role can have, at the most. */
  readonly connectionLimit: number
  /** Connections of other programs. */
  readonly otherConnections: number
  /** Milliseconds that its clock is ahead of the clock of this machine. */
  readonly clockAheadMs: number
  /** Transactions since the oldest that is not frozen; at two thousand million all writing ends. */
  readonly transactionAge: number
  /** The oldest five, the oldest first. */
  readonly longTransactions: readonly LongTransaction[]
  /** Whether the transactions of other roles are shown to this one. */
  readonly seesEverybody: boolean
}

const SERVER = `
  SELECT split_part(current_setting('server_version'), ' ', 1) AS version,
    ${NEEDED_VERSION} AS "neededVersion",
    current_setting('server_version_num')::int / 10000 >= ${NEEDED_VERSION} AS "isNewEnough",
    coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false) AS "isEncrypted",
    current_setting('fsync')::boolean AS fsync,
    current_setting('full_page_writes')::boolean AS "fullPageWrites",
    current_setting('synchronous_commit') AS "synchronousCommit",
    current_setting('synchronous_standby_names') AS "synchronousStandbyNames",
    current_setting('autovacuum')::boolean AS autovacuum,
    CASE WHEN r.rolsuper THEN current_setting('max_connections')::int ELSE least(
      current_setting('max_connections')::int
        - current_setting('superuser_reserved_connections')::int
        - coalesce(current_setting('reserved_connections', true)::int, 0),
      nullif(d.datconnlimit, -1), nullif(r.rolconnlimit, -1)) END AS "connectionLimit",
    (SELECT count(*)::int FROM pg_stat_activity WHERE backend_type = 'client backend'
      AND application_name NOT LIKE 'rollcall%') AS "otherConnections",
    (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now,
    age(d.datfrozenxid)::float8 AS "transactionAge",
    pg_has_role('pg_read_all_stats', 'USAGE') AS "seesEverybody"
  FROM pg_database d, pg_roles r WHERE d.datname = current_database() AND r.rolname = current_user`

const LONG_TRANSACTIONS = `
  SELECT pid, application_name AS application,
    extract(epoch FROM clock_timestamp() - xact_start)::float8 AS "ageSeconds"
  FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'
    AND xact_start < clock_timestamp() - interval '1 minute'
  UNION ALL
  SELECT NULL, gid, extract(epoch FROM clock_timestamp() - prepared)::float8
  FROM pg_prepared_xacts WHERE database = current_database()
    AND prepared < clock_timestamp() - interval '1 minute'
  ORDER BY 3 DESC LIMIT 5`

// One that is just being copied does not follow yet.
const REPLICAS = `
  SELECT coalesce(application_name, '') AS name, sync_state AS "syncState"
  FROM pg_stat_replication WHERE state IS DISTINCT FROM 'backup' ORDER BY 1`

/** Asks a server how it is set up. */
export async function inspectServer(client: Connection): Promise<InspectedServer> {
  type Row = Omit<InspectedServer, 'clockAheadMs' | 'replicas' | 'longTransactions'>
  const askedAt = Date.now()
  const { rows } = await client.query<Row & { now: number }>(SERVER)
  const answeredAt = Date.now()
  const [row] = rows
  if (row === undefined) throw new Error('the database does not know itself')
  const { now, ...server } = row
  const { rows: longTransactions } = await client.query<LongTransaction>(LONG_TRANSACTIONS)
  const { rows: replicas } = await client.query<Replica>(REPLICAS)
  const clockAheadMs = Math.round(now - (askedAt + answeredAt) / 2)
  return { ...server, clockAheadMs, longTransactions, replicas }
}
