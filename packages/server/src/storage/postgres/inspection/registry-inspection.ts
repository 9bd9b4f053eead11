import { MIGRATIONS } from '../schema/migrations/index.ts'
import { inSchema } from '../schema/schema-name.ts'
import type { Connection } from './server-inspection.ts'

/** The schema of a registry, as far as the role of the URL may look. */
export interface InspectedSchema {
  /** As it was asked for. */
  readonly name: string
  /** The database that it is in. */
  readonly database: string
  /** The role of the URL. */
  readonly role: string
  /** Whether there is such a schema. */
  readonly isThere: boolean
  /** Whether the role may look into it. */
  readonly mayUse: boolean
  /** Whether the role may make what is missing: the schema, or the tables in it. */
  readonly mayCreate: boolean
  /** Null: there is no registry in it, or none that the role may see. */
  readonly version: number | null
  /** The version that this Rollcall makes. */
  readonly knownVersion: number
  /** What the role may not do, such as `UPDATE agents`. */
  readonly missingRights: readonly string[]
}

/** The registry in a schema. */
export interface InspectedRegistry {
  /** Dead or alive. */
  readonly agents: number
  /** Whether searches for words have an index. */
  readonly hasWordsIndex: boolean
  /** Revisions that the index of words is behind. */
  readonly wordsBehind: number
  /** Nodes that gave a sign of life in the last two seconds. */
  readonly nodes: number
  /** Milliseconds since any node did. */
  readonly silentMs: number
  /** The node that sweeps, or did when nodes last ran. */
  readonly sweeper: string | null
  /** Milliseconds since it last said so. */
  readonly sweptMsAgo: number
  /** How full, in percent, the pages of the table of agents are made. */
  readonly fillfactor: number
  /** How full they should be. */
  readonly wantedFillfactor: number
  /** Whether the table of agents is left to autovacuum. */
  readonly isVacuumed: boolean
  /** Of the table of agents since statistics began. */
  readonly updates: number
  /** Of those, how many left no work to the indexes. */
  readonly hotUpdates: number
  /** Rows that are there, estimated. */
  readonly liveRows: number
  /** Rows that wait for vacuum, estimated. */
  readonly deadRows: number
}

const SCHEMA = `
  SELECT current_database() AS database, current_user AS role, n.oid IS NOT NULL AS "isThere",
    coalesce(has_schema_privilege(n.oid, 'USAGE'), false) AS "mayUse",
    coalesce(has_schema_privilege(n.oid, 'CREATE'),
      has_database_privilege(current_database(), 'CREATE')) AS "mayCreate",
    coalesce(has_schema_privilege(n.oid, 'USAGE')
      AND has_table_privilege(to_regclass($2), 'SELECT'), false) AS "maySeeVersion"
  FROM (SELECT to_regnamespace($1)::oid AS oid) n`

// Nodes only read what says which version the schema has, once there is nothing left to migrate.
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

/** Asks what a schema holds, and what the role may do there. */
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

/** As the migrations make the table of agents. */
const WANTED_FILLFACTOR = 60

const TABLE = `
  SELECT coalesce(s.n_tup_upd, 0)::float8 AS updates,
    coalesce(s.n_tup_hot_upd, 0)::float8 AS "hotUpdates",
    coalesce(s.n_live_tup, 0)::float8 AS "liveRows",
    coalesce(s.n_dead_tup, 0)::float8 AS "deadRows",
    ${WANTED_FILLFACTOR} AS "wantedFillfactor",
    coalesce((SELECT option_value::int FROM pg_options_to_table(c.reloptions)
      WHERE option_name = 'fillfactor'), 100) AS fillfactor,
    coalesce((SELECT option_value::boolean FROM pg_options_to_table(c.reloptions)
      WHERE option_name = 'autovacuum_enabled'), true) AS "isVacuumed",
    coalesce((SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass($2)), false)
      AS "hasWordsIndex"
  FROM pg_class c LEFT JOIN pg_stat_all_tables s ON s.relid = c.oid WHERE c.oid = to_regclass($1)`

const STATE = `
  SELECT r.registered::float8 AS agents, (r.revision - i.revision)::float8 AS "wordsBehind",
    (m.beat - p.seen)::float8 AS "silentMs", p.sweeper,
    (m.beat - p.swept_at)::float8 AS "sweptMsAgo",
    (SELECT count(*)::int FROM rollcall.nodes n WHERE n.seen >= m.beat - 2000) AS nodes
  FROM rollcall.moment(NULL) m, rollcall.registry r, rollcall.pulse p, rollcall.indexing i`

/** Asks how a registry fares. */
export async function inspectRegistry(
  client: Connection,
  schema: string,
): Promise<InspectedRegistry> {
  type State = 'agents' | 'wordsBehind' | 'silentMs' | 'sweeper' | 'sweptMsAgo' | 'nodes'
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
  if (row === undefined) throw new Error('the database gave no answer')
  return row
}
