import type { InspectedHost } from '@rollcall/server'
import { type Finding, good, odd, wrong } from './finding.ts'
import { checkRegistryTables } from './postgres-registry.ts'
import { checkSchema } from './postgres-schema.ts'
import { checkServer } from './postgres-server.ts'

const TOPIC = 'database'

/** Whether a storage URL names PostgreSQL. */
export function isPostgresUrl(db: string): boolean {
  return /^postgres(ql)?:\/\//.test(db)
}

/** Looks at a database in PostgreSQL, and at the registry in it; nothing is changed there. */
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
    return [wrong(TOPIC, message, 'correct --db')]
  }
}

/** One that cannot be asked does harm only when there is no primary besides. */
function checkHost(it: InspectedHost, hosts: readonly InspectedHost[]): Finding {
  const { host, role, trouble } = it
  const isOneOfMany = hosts.some((other) => other.role === 'primary' && other !== it)
  if (trouble !== undefined) {
    const advice = it.advice || 'see the log of PostgreSQL'
    const message = `${host}: ${trouble}`
    return isOneOfMany ? odd(TOPIC, message, advice) : wrong(TOPIC, message, advice)
  }
  if (role === 'primary') {
    if (!isOneOfMany) return good(TOPIC, `${host} is the primary`)
    return wrong(TOPIC, `${host} is a primary too`, 'stop it before anybody writes to both')
  }
  if (isOneOfMany) return good(TOPIC, `${host} is a standby`)
  return wrong(TOPIC, `${host} is a standby`, 'name the primary too: postgres://…@host1,host2/…')
}
