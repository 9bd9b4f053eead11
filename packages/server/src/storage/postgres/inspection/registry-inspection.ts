import { MIGRATIONS } from '../schema/migrations/index.ts'
import { inSchema } from '../schema/schema-name.ts'
import type { Connection } from './server-inspection.ts'

/** The schema of a registry, as far as it is visible to the role of the URL. */
export interface InspectedSchema {
  /** Name of the schema. */
  readonly name: string
  /** Database of the schema. */
  readonly database: string
  /** The role of the URL. */
  readonly role: string
  /** Whether the schema exists. */
  readonly exists: boolean
  /** Whether the role has USAGE on it. */
  readonly mayUse: boolean
  /** Whether the role may create what is missing: the schema, or the tables in it. */
  readonly mayCreate: boolean
  /** Version of the registry; null: there is none, or the role may not read it. */
  readonly version: number | null
  /** The version that this Rollcall supports. */
  readonly knownVersion: number
  /** Missing privileges of the role, such as `UPDATE agents`. */
  readonly missingRights: readonly string[]
}

/** The registry in a schema. */
export interface InspectedRegistry {
  /** Number of agents, dead or alive. */
  readonly agents: number
  /** Whether there is an index for word searches. */
  readonly hasSearchIndex: boolean
  /** Number of revisions by which the word index lags behind. */
  readonly searchIndexLag: number
  /** Number of nodes seen alive in the last two seconds. */
  readonly nodes: number
  /** Milliseconds since any node was seen alive. */
  readonly silentMs: number
  /** The node that sweeps, or was the last to sweep. */
  readonly sweeper: string | null
  /** Milliseconds since it last swept. */
  readonly sweptMsAgo: number
  /** Fillfactor of the table of agents, in percent. */
  readonly fillfactor: number
  /** The fillfactor that it should have. */
  readonly targetFillfactor: number
  /** Whether autovacuum is enabled for the table of agents. */
  readonly isVacuumed: boolean
  /** Updates of the table of agents since the last reset of the statistics. */
  readonly updates: number
  /** How many of them were HOT updates, without index maintenance. */
  readonly hotUpdates: number
  /** Live rows, estimated. */
  readonly liveRows: number
  /** Dead rows that wait for vacuum, estimated. */
  readonly deadRows: number
}

const SCHEMA = `
  SELECT current_database() AS database, current_user AS role, n.oid IS NOT NULL AS "exists",
    coalesce(has_schema_privilege(n.oid, 'USAGE'), false) AS "mayUse",
    coalesce(has_schema_privilege(n.oid, 'CREATE'),
      has_database_privilege(current_database(), 'CREATE')) AS "mayCreate",
    coalesce(has_schema_privilege(n.oid, 'USAGE')
      AND has_table_privilege(to_regclass($2), 'SELECT'), false) AS "maySeeVersion"
  FROM (SELECT to_regnamespace($1)::oid AS oid) n`

// Once the schema is up to date, nodes only read the tables that hold its version.
const MISSING_RIGHTS = `
  SELECT p.privilege || ' ' || c.relname AS right
  FROM pg_class c, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) p(privilege)
  WHERE c.relnamespace = to_regnamespace($1) AND c.relkind = 'r'
    AND (c.relname NOT IN ('migrations', 'functions') OR p.privilege = 'SELECT')
    AND NOT has_table_privilege(c.oid, p.privilege)
  UNION ALL
  SELECT 'EXECUTE ' || f.proname FROM pg_proc f
  WHERE f.pronamespace = to_regnamespace($1) AND NOT has_function_privilege(f.oid, 'EXECUTE')
  ORDER BY 1`

const VERSION = 'SELECT max(version) AS version FROM rollcall.migrations'

/** Queries the state of a schema, and the privileges of the role. */
export async function inspectSchema(client: Connection, name: string): Promise<InspectedSchema> {
  type Row = Omit<InspectedSchema, 'name' | 'version' | 'knownVersion' | 'missingRights'>
  const quoted = client.escapeIdentifier(name)
  const { maySeeVersion, ...schema } = await one<Row & { maySeeVersion: boolean }>(client, SCHEMA, [
    quoted,
    `${quoted}.migrations`,
  ])
  const { rows } = schema.mayUse
    ? await client.query<{ right: string }>(MISSING_RIGHTS, [quoted])
    : { rows: [] }
  const { version } = maySeeVersion
    ? await one<{ version: number | null }>(client, inSchema(VERSION, name))
    : { version: null }
  const missingRights = rows.map(({ right }) => right)
  return { ...schema, name, version, knownVersion: MIGRATIONS.length, missingRights }
}

/** The fillfactor that the migrations set for the table of agents. */
const WANTED_FILLFACTOR = 60

const TABLE = `
  SELECT coalesce(s.n_tup_upd, 0)::float8 AS updates,
    coalesce(s.n_tup_hot_upd, 0)::float8 AS "hotUpdates",
    coalesce(s.n_live_tup, 0)::float8 AS "liveRows",
    coalesce(s.n_dead_tup, 0)::float8 AS "deadRows",
    ${WANTED_FILLFACTOR} AS "targetFillfactor",
    coalesce((SELECT option_value::int FROM pg_options_to_table(c.reloptions)
      WHERE option_name = 'fillfactor'), 100) AS fillfactor,
    coalesce((SELECT option_value::boolean FROM pg_options_to_table(c.reloptions)
      WHERE option_name = 'autovacuum_enabled'), true) AS "isVacuumed",
    coalesce((SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass($2)), false)
      AS "hasSearchIndex"
  FROM pg_class c LEFT JOIN pg_stat_all_tables s ON s.relid = c.oid WHERE c.oid = to_regclass($1)`

const STATE = `
  SELECT r.registered::float8 AS agents, (r.revision - i.revision)::float8 AS "searchIndexLag",
    (m.beat - p.seen)::float8 AS "silentMs", p.sweeper,
    (m.beat - p.swept_at)::float8 AS "sweptMsAgo",
    (SELECT count(*)::int FROM rollcall.nodes n WHERE n.seen >= m.beat - 2000) AS nodes
  FROM rollcall.moment(NULL) m, rollcall.registry r, rollcall.pulse p, rollcall.indexing i`

/** Queries the state of a registry. */
export async function inspectRegistry(
  client: Connection,
  schema: string,
): Promise<InspectedRegistry> {
  type State = 'agents' | 'searchIndexLag' | 'silentMs' | 'sweeper' | 'sweptMsAgo' | 'nodes'
  const quoted = client.escapeIdentifier(schema)
  const names = [`${quoted}.agents`, `${quoted}.words_by_trigram`]
  const table = await one<Omit<InspectedRegistry, State>>(client, TABLE, names)
  const state = await one<Pick<InspectedRegistry, State>>(client, inSchema(STATE, schema))
  return { ...table, ...state }
}

async function one<Row extends object>(
  client: Connection,
  sql: string,
  values: unknown[] = [],
): Promise<Row> {
  const [row] = (await client.query<Row>(sql, values)).rows
  if (row === undefined) throw new Error('the database returned no row')
  return row
}
