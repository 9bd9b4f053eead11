import { AGENT_DETAILS } from '@rollcall/protocol'
import type { Client } from 'pg'
import { RegistryError } from '../../../domain/registry-error.ts'
import { newEpoch } from '../../epoch.ts'
import { FUNCTIONS, FUNCTIONS_VERSION } from './functions/index.ts'
import { MIGRATIONS } from './migrations/index.ts'
import { inSchema } from './schema-name.ts'

/** The oldest PostgreSQL that has what the schema needs. */
export const NEEDED_VERSION = 15

/**
 * Makes the schema, or brings it to the present version. As many nodes as like may do so at once:
 * one does it, the others wait.
 *
 * @param now Unix milliseconds to begin with; null: by the clock of the database
 * @throws RegistryError `STORAGE_UNUSABLE`
 */
export async function migrate(client: Client, schema: string, now: number | null): Promise<void> {
  await requireVersion(client)
  const sql = (text: string): string => inSchema(text, schema)
  if (await isCurrent(client, sql)) return
  await client.query('BEGIN')
  await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [
    `rollcall ${schema}`,
  ])
  // Asked first: to say IF NOT EXISTS takes the right to create it, even where it is there.
  const { rows } = await client.query('SELECT to_regnamespace($1) IS NULL AS missing', [
    client.escapeIdentifier(schema),
  ])
  if (rows[0]?.missing) await client.query(`CREATE SCHEMA ${client.escapeIdentifier(schema)}`)
  await client.query(
    sql('CREATE TABLE IF NOT EXISTS rollcall.migrations (version integer PRIMARY KEY)'),
  )
  const found = (await versionOf(client, sql)) ?? 0
  if (found > MIGRATIONS.length) {
    throw unusable(
      `the schema ${schema} was made by a newer Rollcall (version ${found}; ` +
        `this one knows ${MIGRATIONS.length}): start the newer one, or name another --db-schema`,
    )
  }
  for (const [index, migration] of MIGRATIONS.entries()) {
    if (index < found) continue
    await client.query(sql(migration))
    await client.query(sql('INSERT INTO rollcall.migrations (version) VALUES ($1)'), [index + 1])
  }
  const known = await knownOf(client, sql)
  if (known.details > AGENT_DETAILS.length) {
    throw unusable(
      `a newer Rollcall uses the schema ${schema} (its agents have ${known.details} details; this one ` +
        `knows ${AGENT_DETAILS.length}): start the newer one, or name another --db-schema`,
    )
  }
  if (known.version < FUNCTIONS_VERSION) {
    await client.query(sql(FUNCTIONS))
    await client.query(sql('UPDATE rollcall.functions SET version = $1'), [FUNCTIONS_VERSION])
  }
  await client.query(sql('UPDATE rollcall.functions SET details = $1'), [AGENT_DETAILS.length])
  await client.query(sql(BEGINNING), [newEpoch()])
  await client.query(sql(PULSE_BEGINNING), [now])
  await client.query(sql('INSERT INTO rollcall.indexing DEFAULT VALUES ON CONFLICT DO NOTHING'))
  if (found === 0) await indexWords(client, sql)
  await client.query('COMMIT')
}

/**
 * Checks that the schema is there, and of this version: it can then be read.
 *
 * @throws RegistryError `STORAGE_UNUSABLE`
 */
export async function requireCurrentSchema(client: Client, schema: string): Promise<void> {
  const found = await versionOf(client, (text) => inSchema(text, schema))
  if (found === MIGRATIONS.length) return
  throw unusable(
    found === undefined
      ? `the schema ${schema} contains no registry`
      : `the schema ${schema} has version ${found}, this Rollcall needs ${MIGRATIONS.length}: ` +
          'use the Rollcall that its nodes run',
  )
}

const BEGINNING = `WITH begun AS (
    INSERT INTO rollcall.registry (epoch, branch, written_by, server_started_at)
    VALUES ($1, $1, pg_current_xact_id()::xid, pg_postmaster_start_time())
    ON CONFLICT DO NOTHING RETURNING epoch
  ) INSERT INTO rollcall.branches (ordinal, id, began_at) SELECT 1, epoch, 0 FROM begun`
const PULSE_BEGINNING = `INSERT INTO rollcall.pulse (seen)
  VALUES (coalesce($1::bigint, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint))
  ON CONFLICT DO NOTHING`

/** The functions may be those of a newer version: it keeps them as older nodes know them. */
async function isCurrent(client: Client, sql: (text: string) => string): Promise<boolean> {
  if ((await versionOf(client, sql)) !== MIGRATIONS.length) return false
  const { version, details } = await knownOf(client, sql)
  return version >= FUNCTIONS_VERSION && details === AGENT_DETAILS.length
}

/** Returns the version of the functions, and how many details of agents the newest node knows. */
async function knownOf(
  client: Client,
  sql: (text: string) => string,
): Promise<{ version: number; details: number }> {
  const { rows } = await client.query(sql('SELECT version, details FROM rollcall.functions'))
  return rows[0]
}

/** Undefined: the schema is not there, or not finished. */
async function versionOf(
  client: Client,
  sql: (text: string) => string,
): Promise<number | undefined> {
  const table = sql('rollcall.migrations')
  const { rows } = await client.query('SELECT to_regclass($1) IS NOT NULL AS there', [table])
  if (!rows[0]?.there) return undefined
  const versions = await client.query(
    sql('SELECT max(version) AS version FROM rollcall.migrations'),
  )
  return versions.rows[0]?.version ?? undefined
}

/**
 * Words are found by an index of the extension `pg_trgm`, which comes with PostgreSQL. Without the
 * right to create it, they are found by looking at every agent.
 */
async function indexWords(client: Client, sql: (text: string) => string): Promise<void> {
  await client.query('SAVEPOINT words')
  try {
    await client.query('CREATE EXTENSION IF NOT EXISTS pg_trgm')
    const { rows } = await client.query(
      `SELECT quote_ident(n.nspname) AS home FROM pg_extension e
       JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_trgm'`,
    )
    await client.query(
      sql('CREATE INDEX words_by_trigram ON rollcall.words USING gin (words OPCLASS)').replace(
        'OPCLASS',
        `${rows[0]?.home}.gin_trgm_ops`,
      ),
    )
  } catch {
    await client.query('ROLLBACK TO SAVEPOINT words')
  }
}

async function requireVersion(client: Client): Promise<void> {
  const { rows } = await client.query("SELECT current_setting('server_version_num')::int AS number")
  const version = Math.floor((rows[0]?.number ?? 0) / 10_000)
  if (version < NEEDED_VERSION) {
    throw unusable(`it is PostgreSQL ${version}; Rollcall needs ${NEEDED_VERSION} or newer`)
  }
}

function unusable(why: string): RegistryError {
  return new RegistryError('STORAGE_UNUSABLE', `The database cannot be used: ${why}`)
}
