import type { Client } from 'pg'
import { withClient } from '../../postgres/support/postgres-client.ts'

/** Tables that describe the schema, not the registry. */
const SCHEMA_TABLES = ['migrations', 'functions']

/** Copies the content of all tables of a registry to another schema, as a dump does. */
export async function copyTables(url: string, copy = 'copy'): Promise<void> {
  await withClient(url, async (client) => {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
    await client.query(`CREATE SCHEMA ${copy}`)
    for (const table of await tablesOf(client)) {
      await client.query(`CREATE TABLE ${copy}.${table} AS TABLE rollcall.${table}`)
    }
    await client.query('COMMIT')
  })
}

/** How content is replaced: by rows, or as a whole. */
export type Emptying = 'DELETE FROM' | 'TRUNCATE'

/** Replaces the content of a registry by a copy, whether nodes are running or not. */
export async function restoreTables(
  url: string,
  { copy = 'copy', emptying = 'DELETE FROM' }: { copy?: string; emptying?: Emptying } = {},
): Promise<void> {
  await withClient(url, async (client) => {
    await client.query('BEGIN')
    const tables = await tablesOf(client)
    await lockAll(client, tables)
    for (const table of tables) {
      await client.query(`${emptying} rollcall.${table}`)
      await client.query(`INSERT INTO rollcall.${table} SELECT * FROM ${copy}.${table}`)
    }
    await client.query('COMMIT')
  })
}

/** Exchanges the content of a registry and a copy of it; the first call only makes the copy. */
export async function exchangeTables(url: string): Promise<void> {
  const isCopied = await withClient(url, async (client) => {
    const { rows } = await client.query("SELECT to_regnamespace('copy') IS NOT NULL AS found")
    return rows[0]?.found === true
  })
  if (!isCopied) return copyTables(url)
  await withClient(url, async (client) => {
    await client.query('BEGIN')
    const tables = await tablesOf(client)
    await lockAll(client, tables)
    for (const table of tables) {
      await client.query(`CREATE TEMPORARY TABLE present ON COMMIT DROP AS TABLE rollcall.${table}`)
      await client.query(`DELETE FROM rollcall.${table}`)
      await client.query(`INSERT INTO rollcall.${table} SELECT * FROM copy.${table}`)
      await client.query(`DELETE FROM copy.${table}`)
      await client.query(`INSERT INTO copy.${table} SELECT * FROM present`)
      await client.query('DROP TABLE present')
    }
    await client.query('COMMIT')
  })
}

/** Running nodes lock rows of several tables: whoever waits for the other may be chosen to fail. */
async function lockAll(client: Client, tables: readonly string[]): Promise<void> {
  const names = tables.map((table) => `rollcall.${table}`)
  for (;;) {
    await client.query('SAVEPOINT unlocked')
    try {
      await client.query(`LOCK TABLE ${names.join(', ')} IN ACCESS EXCLUSIVE MODE`)
      return
    } catch (error) {
      if ((error as { code?: string }).code !== '40P01') throw error
      await client.query('ROLLBACK TO SAVEPOINT unlocked')
    }
  }
}

async function tablesOf(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT tablename AS name FROM pg_tables
     WHERE schemaname = 'rollcall' AND tablename <> ALL ($1) ORDER BY tablename`,
    [SCHEMA_TABLES],
  )
  return rows.map(({ name }) => name)
}
