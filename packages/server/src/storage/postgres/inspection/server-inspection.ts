import { NEEDED_VERSION } from '../schema/migrate.ts'

/**
 * The part of a connection that an inspection needs. The published types do not depend on those of `pg`:
 * programs that embed a registry need not install them.
 */
export interface Connection {
  query<Row extends object>(sql: string, values?: unknown[]): Promise<{ rows: Row[] }>
  escapeIdentifier(name: string): string
}

/** A transaction that has been open for more than a minute. */
export interface LongTransaction {
  /** Server process; null: a prepared transaction that waits for its second phase. */
  readonly pid: number | null
  /** Its `application_name`, or the identifier of the prepared transaction. */
  readonly application: string
  /** Seconds since it started, or was prepared. */
  readonly ageSeconds: number
}

/** A replica of the primary. */
export interface Replica {
  /** Its `application_name`; empty when it has none, or the role may not see it. */
  readonly name: string
  /** As in `pg_stat_replication`; null: the role may not see it. */
  readonly syncState: string | null
}

/** The configuration and state of a PostgreSQL server, as visible to the role of the URL. */
export interface InspectedServer {
  /** Version, such as `18.4`. */
  readonly version: string
  /** The oldest supported version. */
  readonly minimumVersion: number
  /** Whether the version is supported. */
  readonly isNewEnough: boolean
  /** Whether the connection is encrypted. */
  readonly isEncrypted: boolean
  /** `fsync`. */
  readonly fsync: boolean
  /** `full_page_writes`. */
  readonly fullPageWrites: boolean
  /** `synchronous_commit`, for this role in this database. */
  readonly synchronousCommit: string
  /** `synchronous_standby_names`. */
  readonly synchronousStandbyNames: string
  /** The connected replicas. */
  readonly replicas: readonly Replica[]
  /** `autovacuum`, for the whole server. */
  readonly autovacuum: boolean
  /** Most connections that the role can open. */
  readonly connectionLimit: number
  /** Number of connections of other programs. */
  readonly otherConnections: number
  /** Milliseconds by which its clock is ahead of the clock of this machine. */
  readonly clockAheadMs: number
  /** Age of the oldest unfrozen transaction id; at two billion, the server refuses all writes. */
  readonly transactionAge: number
  /** The five oldest, oldest first. */
  readonly longTransactions: readonly LongTransaction[]
  /** Whether this role can see the transactions of other roles. */
  readonly seesAllRoles: boolean
}

const SERVER = `
  SELECT split_part(current_setting('server_version'), ' ', 1) AS version,
    ${NEEDED_VERSION} AS "minimumVersion",
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
    pg_has_role('pg_read_all_stats', 'USAGE') AS "seesAllRoles"
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

// A base backup in progress is not a replica yet.
const REPLICAS = `
  SELECT coalesce(application_name, '') AS name, sync_state AS "syncState"
  FROM pg_stat_replication WHERE state IS DISTINCT FROM 'backup' ORDER BY 1`

/** Queries the configuration and state of a server. */
export async function inspectServer(client: Connection): Promise<InspectedServer> {
  type Row = Omit<InspectedServer, 'clockAheadMs' | 'replicas' | 'longTransactions'>
  const sentAt = Date.now()
  const { rows } = await client.query<Row & { now: number }>(SERVER)
  const receivedAt = Date.now()
  const [row] = rows
  if (row === undefined) throw new Error('the database returned no row')
  const { now, ...server } = row
  const { rows: longTransactions } = await client.query<LongTransaction>(LONG_TRANSACTIONS)
  const { rows: replicas } = await client.query<Replica>(REPLICAS)
  const clockAheadMs = Math.round(now - (sentAt + receivedAt) / 2)
  return { ...server, clockAheadMs, longTransactions, replicas }
}
