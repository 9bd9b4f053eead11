import { RegistryError } from '../../../domain/registry-error.ts'

/** The database of a URL, and how to connect to it. */
export interface PostgresTarget {
  /** One connection string for `pg` per host, in the order to try them. */
  readonly connectionStrings: readonly string[]
  /** The hosts, for messages: without user and password. */
  readonly hosts: readonly string[]
  readonly database: string
  /** Connections for reads, and as many more for writes; default 8. */
  readonly poolSize: number
  /** Milliseconds to wait for a connection; default 2000. */
  readonly connectTimeoutMs: number
}

/** Connections reserved for heartbeats: two for their statements, and one for the clock. */
export const HEARTBEAT_CONNECTIONS = 3

/** Returns the most connections that one node opens: those of its three pools, and two that listen. */
export function maxConnections({ poolSize }: Pick<PostgresTarget, 'poolSize'>): number {
  return HEARTBEAT_CONNECTIONS + 2 * poolSize + 2
}
const DEFAULT_POOL_SIZE = 8
const DEFAULT_CONNECT_TIMEOUT_S = 2
const SSL_MODES = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full']
// No @ except before the hosts, and no parameter without a name: either would be part of a password.
const SHAPE =
  /^(postgres(?:ql)?:\/\/(?:[^@/?#]*@)?)([^/?#@]*)\/([^?#/@]+)(?:\?((?:[a-z_]+=[^#&]*(?:&|$))*))?$/i

/**
 * Parses a URL such as `postgres://user:password@host-a:5432,host-b/rollcall?sslmode=require`. Its
 * parameters are those of libpq (`sslmode`, `sslrootcert`, `application_name`, `connect_timeout`,
 * …) and `pool_size`.
 *
 * @throws RegistryError `STORAGE_UNUSABLE`, without the password
 */
export function parsePostgresUrl(url: string): PostgresTarget {
  const [, before, hostList, database, query] = SHAPE.exec(url) ?? []
  if (before === undefined || hostList === undefined || database === undefined) {
    throw unusable(
      'it must be postgres://user:password@host:5432/database, with several hosts as ' +
        'h1:5432,h2:5432; in user and password, write / as %2F, @ as %40, # as %23 and % as %25',
    )
  }
  decoded(before)
  const parameters = new URLSearchParams(query)
  const attributes = take(parameters, 'target_session_attrs') ?? 'read-write'
  if (!['read-write', 'primary', 'any'].includes(attributes)) {
    throw unusable('target_session_attrs must be read-write, because a registry writes')
  }
  const poolSize = numberIn(parameters, 'pool_size', { or: DEFAULT_POOL_SIZE, from: 1, to: 100 })
  const timeout = { or: DEFAULT_CONNECT_TIMEOUT_S, from: 1, to: 60 }
  const connectTimeoutMs = numberIn(parameters, 'connect_timeout', timeout) * 1000
  const sslMode = parameters.get('sslmode')
  if (sslMode !== null && !SSL_MODES.includes(sslMode)) {
    throw unusable(`sslmode must be one of ${SSL_MODES.join(', ')}, not "${sslMode}"`)
  }
  // The modes have the same meaning as in libpq.
  if (sslMode !== null) parameters.set('uselibpqcompat', 'true')
  for (const host of hostList.split(',')) requireHost(host, before.endsWith('@'))
  const rest = parameters.size > 0 ? `?${parameters}` : ''
  const hosts = hostList.split(',').map((host) => host || 'localhost')
  return {
    connectionStrings: hosts.map((host) => `${before}${host}/${database}${rest}`),
    hosts,
    database: decoded(database),
    poolSize,
    connectTimeoutMs,
  }
}

/** @param hasUser without a user, an invalid port may be part of a password, and is not shown */
function requireHost(host: string, hasUser: boolean): void {
  const [, name, port] = /^(.*):([^:\]]*)$/.exec(host) ?? []
  if (port === undefined) return
  if (!/^\d+$/.test(port) || Number(port) < 1 || Number(port) > 65_535) {
    const shown = hasUser ? host : `"${name}"`
    throw unusable(`the port of ${shown} must be a whole number from 1 to 65535`)
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw unusable('it contains an invalid percent-encoding; write % as %25')
  }
}

function take(parameters: URLSearchParams, name: string): string | undefined {
  const value = parameters.get(name) ?? undefined
  parameters.delete(name)
  return value
}

function numberIn(
  parameters: URLSearchParams,
  name: string,
  { or, from, to }: { or: number; from: number; to: number },
): number {
  const text = take(parameters, name)
  if (text === undefined) return or
  const value = Number(text)
  if (Number.isInteger(value) && value >= from && value <= to) return value
  throw unusable(`${name} must be a whole number from ${from} to ${to}, not "${text}"`)
}

function unusable(rule: string): RegistryError {
  return new RegistryError('STORAGE_UNUSABLE', `The database URL is invalid: ${rule}`)
}
