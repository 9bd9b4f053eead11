import type { Client } from 'pg'
import { maxConnections, parsePostgresUrl } from '../connections/target.ts'
import {
  type InspectedRegistry,
  type InspectedSchema,
  inspectRegistry,
  inspectSchema,
} from './registry-inspection.ts'
import { type InspectedServer, inspectServer } from './server-inspection.ts'

export type { InspectedRegistry, InspectedSchema } from './registry-inspection.ts'
export type { InspectedServer, LongTransaction, Replica } from './server-inspection.ts'

/** The result for one host of a URL. */
export interface InspectedHost {
  /** Host, with its port if the URL has one. */
  readonly host: string
  /** Undefined: the host could not be queried. */
  readonly role: 'primary' | 'standby' | undefined
  /** Why it could not be fully inspected; without the password. */
  readonly error?: string
  /** What to do about that; may be empty. */
  readonly hint?: string
}

/** The result of an inspection. */
export interface PostgresInspection {
  /** The hosts of the URL, in its order. */
  readonly hosts: readonly InspectedHost[]
  /** Most connections that each node opens. */
  readonly connectionsPerNode: number
  /** Undefined: no host is the primary. */
  readonly server?: InspectedServer
  /** Undefined: no host is the primary. */
  readonly schema?: InspectedSchema
  /** Undefined: there is no registry, or the role may not use it. */
  readonly registry?: InspectedRegistry
}

type Findings = Pick<PostgresInspection, 'server' | 'schema' | 'registry'>

/** Milliseconds that a query may take. */
const TIMEOUT_MS = 5000

/**
 * Inspects a database for a registry, existing or planned, without changing anything.
 *
 * @param schema schema of the registry; default `rollcall`
 * @throws RegistryError `STORAGE_UNUSABLE` when the URL is invalid
 */
export async function inspectPostgres(
  url: string,
  schema = 'rollcall',
): Promise<PostgresInspection> {
  const target = parsePostgresUrl(url)
  const { hintFor, reasonOf } = await import('../connections/errors.ts')
  const place = { database: target.database, schema }
  const hosts: InspectedHost[] = []
  let findings: Findings = {}
  for (const [index, connectionString] of target.connectionStrings.entries()) {
    const host = target.hosts[index] ?? ''
    let role: InspectedHost['role']
    try {
      await withClient(connectionString, target.connectTimeoutMs, async (client) => {
        const { rows } = await client.query('SELECT pg_is_in_recovery() AS standby')
        role = rows[0]?.standby ? 'standby' : 'primary'
        if (role === 'primary' && findings.server === undefined) {
          findings = await inspect(client, schema)
        }
      })
      hosts.push({ host, role })
    } catch (error) {
      hosts.push({ host, role, error: reasonOf(error), hint: hintFor(error, place) })
    }
  }
  // Reads, writes, heartbeats, one connection that listens, and one for the start.
  const connectionsPerNode = maxConnections(target)
  return { hosts, connectionsPerNode, ...findings }
}

async function inspect(client: Client, name: string): Promise<Findings> {
  const server = await inspectServer(client)
  const schema = await inspectSchema(client, name)
  const isReadable = schema.version === schema.knownVersion && schema.missingRights.length === 0
  if (!isReadable) return { server, schema }
  return { server, schema, registry: await inspectRegistry(client, name) }
}

async function withClient(
  connectionString: string,
  connectionTimeoutMillis: number,
  use: (client: Client) => Promise<void>,
): Promise<void> {
  // Loaded on demand: embedding programs need not install the driver.
  const { Client } = await import('pg')
  const client = new Client({
    connectionString,
    connectionTimeoutMillis,
    query_timeout: TIMEOUT_MS,
    fallback_application_name: 'rollcall doctor',
  })
  // The next query on a broken connection fails.
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query('BEGIN READ ONLY')
    await use(client)
  } finally {
    client.end().catch(() => undefined)
  }
}
