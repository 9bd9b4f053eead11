import { RegistryError } from '../../../domain/registry-error.ts'

/** Which database a URL names, and how to reach it. */
export interface PostgresTarget {
  /** One for each host, in the order to try them, as `pg` takes it. */
  readonly connectionStrings: readonly string[]
  /** The hosts, for messages: without who connects and with which password. */
  readonly hosts: readonly string[]
  readonly database: string
  /** Connections for reads, and as many more for writes; default 8. */
  readonly poolSize: number
  /** Milliseconds to wait for a connection; default 2000. */
  readonly connectTimeoutMs: number
}

/** Connections that nothing but heartbeats uses: two for their statements, and one for the clock. */
export const HEARTBEAT_CONNECTIONS = 3

/** Connections that one node may have open at once: those of its three pools, and two that listen. */
export function mostConnections({ poolSize }: Pick<PostgresTarget, 'poolSize'>): number {
  return HEARTBEAT_CONNECTIONS + 2 * poolSize + 2
}
const DEFAULT_POOL_SIZE = 8
const DEFAULT_CONNECT_TIMEOUT_S = 2
const SSL_MODES = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full']
// No @ but that before the hosts, and no parameter without a name: either is a piece of a password.
const SHAPE =
  /^(postgres(?:ql)?:\/\/(?:[^@/?#]*@)?)([^/?#@]*)\/([^?#/@]+)(?:\?((?:[a-z_]+=[^#&]*(?:&|$))*))?$/i

/**
 * Reads a URL such as `postgres://user:password@host-a:5432,host-b/rollcall?sslmode=require`. Its
 * parameters are those of libpq (`sslmode`, `sslrootcert`, `application_name`, `connect_timeout`,
 * …) and `pool_size`.
 *
 * @throws RegistryError `STORAGE_UNUSABLE`, without the password
 */
export function parsePostgresUrl(url: string): PostgresTarget {
  const [, before, hostList, database, query] = SHAPE.exec(url) ?? []
  if (before === undefined || hostList === undefined || database === undefined) {
    throw unusable(
      'it is postgres://user:password@host:5432/database, with several hosts h1:5432,h2:5432; ' +
        'in user and password, / is written %2F, @ is %40, # is %23 and % is %25',
    )
  }
  decoded(before)
  const parameters = new URLSearchParams(query)
  const attributes = take(parameters, 'target_session_attrs') ?? 'read-write'
  if (!['read-write', 'primary', 'any'].includes(attributes)) {
    throw unusable('target_session_attrs must be read-write: a registry writes')
  }
  const poolSize = numberIn(parameters, 'pool_size', { or: DEFAULT_POOL_SIZE, from: 1, to: 100 })
  const timeout = { or: DEFAULT_CONNECT_TIMEOUT_S, from: 1, to: 60 }
  const connectTimeoutMs = numberIn(parameters, 'connect_timeout', timeout) * 1000
  const sslMode = parameters.get('sslmode')
  if (sslMode !== null && !SSL_MODES.includes(sslMode)) {
    throw unusable(`sslmode must be one of ${SSL_MODES.join(', ')}, not "${sslMode}"`)
  }
  // The modes mean what they mean to libpq.
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

/** @param hasUser else a "port" may be a password before which the host is missing */
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
    throw unusable('it has a percent sign that encodes nothing; write %25 for one')
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
  return new RegistryError('STORAGE_UNUSABLE', `The URL of the database is not understood: ${rule}`)
}
