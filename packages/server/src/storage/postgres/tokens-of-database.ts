import type { QueryResultRow } from 'pg'
import type { OpenTokenStore } from '../../access/token-store.ts'
import { unusable } from './connections/errors.ts'
import { PostgresPool } from './connections/pool.ts'
import type { Statement } from './connections/statement-run.ts'
import { parsePostgresUrl } from './connections/target.ts'
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
  try {
    const client = await pool.connect()
    const close = async (): Promise<void> => {
      await client.end()
      await pool.close()
    }
    const run = async <Row extends QueryResultRow>(
      { text }: Statement,
      values: readonly unknown[],
    ) => {
      try {
        return (await client.query<Row>(inSchema(text, schema), [...values])).rows
      } catch (cause) {
        throw unusable(cause, { target, schema, what: WHAT })
      }
    }
    await migrate(client, schema, null).catch(async (cause: unknown) => {
      await close()
      throw cause
    })
    return { store: new PostgresTokenStore({ read: run, write: run }), close }
  } catch (cause) {
    await pool.close()
    throw unusable(cause, { target, schema, what: WHAT })
  }
}
