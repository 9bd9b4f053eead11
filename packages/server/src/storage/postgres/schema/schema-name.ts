import { RegistryError } from '../../../domain/registry-error.ts'

/** SQL that is written for the schema `rollcall`, for another schema. */
export function inSchema(sql: string, schema: string): string {
  if (schema === 'rollcall') return sql
  const quoted = `"${schema.replaceAll('"', '""')}"`
  return sql
    .replaceAll("'rollcall.transitions'", `'${channelOf(schema).replaceAll("'", "''")}'`)
    .replaceAll('rollcall.', () => `${quoted}.`)
}

/** Bytes of a name in PostgreSQL: it cuts longer ones, and two schemas would be one. */
const MAX_NAME_BYTES = 63

/** @throws RegistryError `STORAGE_UNUSABLE` for a schema whose name, or whose channel, is too long */
export function requireSchemaName(schema: string): void {
  const bytes = Buffer.byteLength(channelOf(schema))
  if (bytes <= MAX_NAME_BYTES) return
  const most = MAX_NAME_BYTES - Buffer.byteLength(channelOf(''))
  throw new RegistryError(
    'STORAGE_UNUSABLE',
    `The schema ${schema} cannot be used: its name has ${bytes - MAX_NAME_BYTES + most} bytes, ` +
      `at most ${most} are possible`,
  )
}

/** Where the nodes of a registry tell each other of news. */
export function channelOf(schema: string): string {
  return `${schema}.transitions`
}
