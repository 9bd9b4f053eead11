import type { InspectedHost } from '@rollcall/server'
import { type Finding, fail, ok, warn } from './finding.ts'
import { checkRegistryTables } from './postgres-registry.ts'
import { checkSchema } from './postgres-schema.ts'
import { checkServer } from './postgres-server.ts'

const TOPIC = 'database'

/** Whether a storage URL is for PostgreSQL. */
export function isPostgresUrl(db: string): boolean {
  return /^postgres(ql)?:\/\//.test(db)
}

/** Checks a PostgreSQL database and the registry in it, without changes. */
export async function checkPostgres(db: string, schema: string): Promise<Finding[]> {
  const { inspectPostgres } = await import('@rollcall/server')
  try {
    const found = await inspectPostgres(db, schema)
    const { server, registry } = found
    return [
      ...found.hosts.map((host) => checkHost(host, found.hosts)),
      ...(server ? checkServer(server, found) : []),
      ...(found.schema ? checkSchema(found.schema) : []),
      ...(server && registry ? checkRegistryTables(registry, { server, schema }) : []),
    ]
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return [fail(TOPIC, message, 'correct --db')]
  }
}

/** Checks a host; an unreachable one is a failure only if there is no other primary. */
function checkHost(it: InspectedHost, hosts: readonly InspectedHost[]): Finding {
  const { host, role, error } = it
  const isOneOfMany = hosts.some((other) => other.role === 'primary' && other !== it)
  if (error !== undefined) {
    const advice = it.hint || 'check the log of PostgreSQL'
    const message = `${host}: ${error}`
    return isOneOfMany ? warn(TOPIC, message, advice) : fail(TOPIC, message, advice)
  }
  if (role === 'primary') {
    if (!isOneOfMany) return ok(TOPIC, `${host} is the primary`)
    return fail(TOPIC, `${host} is also a primary`, 'stop it before clients write to both')
  }
  if (isOneOfMany) return ok(TOPIC, `${host} is a standby`)
  return fail(TOPIC, `${host} is a standby`, 'add the primary: postgres://…@host1,host2/…')
}
