import type { Client, QueryResultRow } from 'pg'
import type { OpenTokenStore, TokenStore } from '../../access/token-store.ts'
import { unusable } from './connections/errors.ts'
import { PostgresPool } from './connections/pool.ts'
import type { Statement } from './connections/statement-run.ts'
import { type PostgresTarget, parsePostgresUrl } from './connections/target.ts'
import { migrate } from './schema/migrate.ts'
import { inSchema, requireSchemaName } from './schema/schema-name.ts'
import { PostgresTokenStore } from './token-store.ts'

const WHAT = 'keep tokens'

/**
 * Opens the tokens of a database, on which nodes may be running. Creates or upgrades the schema.
 *
 * @throws RegistryError `STORAGE_UNUSABLE`
 */
export async function openTokensOfDatabase(
  url: string,
  schema = 'rollcall',
): Promise<OpenTokenStore> {
  const target = parsePostgresUrl(url)
  requireSchemaName(schema)
  const pool = new PostgresPool(target, { size: 1, statementMs: 0, lockMs: 0 })
  let client: Client | undefined
  const close = async (): Promise<void> => {
    await client?.end()
    await pool.close()
  }
  try {
    client = await pool.connect()
    await migrate(client, schema, null)
    return { store: storeOn(client, { target, schema }), close }
  } catch (cause) {
    await close()
    throw unusable(cause, { target, schema, what: WHAT })
  }
}

function storeOn(
  client: Client,
  { target, schema }: { target: PostgresTarget; schema: string },
): TokenStore {
  const run = async <Row extends QueryResultRow>(
    { text }: Statement,
    values: readonly unknown[],
  ): Promise<Row[]> => {
    try {
      return (await client.query<Row>(inSchema(text, schema), [...values])).rows
    } catch (cause) {
      throw unusable(cause, { target, schema, what: WHAT })
    }
  }
  return new PostgresTokenStore({ read: run, write: run })
}
