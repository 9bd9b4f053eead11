import type { InspectedServer, PostgresInspection } from '@rollcall/server'
import { printable } from '../output/text-width.ts'
import { formatDuration } from '../output/time-format.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

/** Age of transaction ids at which PostgreSQL stops accepting writes, and when to warn. */
const WRAPAROUND_AGE = 2 ** 31
const WARN_TRANSACTION_AGE = 1.5e9
/** Tolerated clock skew in milliseconds. */
const TOLERANCE_MS = 2000

type ServerContext = Pick<PostgresInspection, 'hosts' | 'connectionsPerNode' | 'registry'>

/** Checks the configuration and the state of a PostgreSQL server. */
export function checkServer(server: InspectedServer, context: ServerContext): Finding[] {
  return [
    checkVersion(server),
    checkEncryption(server, context),
    checkDurability(server),
    checkReplicas(server, context),
    checkConnections(server, context),
    checkLongTransactions(server),
    checkTransactionIds(server),
    describeClock(server),
  ]
}

function checkVersion({ version, minimumVersion, isNewEnough }: InspectedServer): Finding {
  const topic = 'postgres'
  if (isNewEnough) return ok(topic, `${version} (${minimumVersion} or newer is required)`)
  return fail(topic, `${version} is too old`, `Rollcall requires ${minimumVersion} or newer`)
}

function checkEncryption({ isEncrypted }: InspectedServer, { hosts }: ServerContext): Finding {
  const topic = 'encryption'
  if (isEncrypted) return ok(topic, 'TLS')
  const primary = hosts.find(({ role }) => role === 'primary')?.host ?? ''
  if (isThisMachine(primary)) return ok(topic, 'none; the server is on this machine')
  const advice = 'add ?sslmode=verify-full to the URL, and sslrootcert for a private CA'
  return warn(topic, 'none: passwords and data are sent unencrypted', advice)
}

function isThisMachine(host: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/i.test(host)
}

function checkDurability(server: InspectedServer): Finding {
  const topic = 'durability'
  const { fsync, fullPageWrites, synchronousCommit } = server
  const off = [...(fsync ? [] : ['fsync']), ...(fullPageWrites ? [] : ['full_page_writes'])]
  if (off.length > 0) {
    const advice = 'a power failure may corrupt the database; enable it in postgresql.conf'
    return fail(topic, `${off.join(' and ')} off`, advice)
  }
  if (synchronousCommit !== 'off') return ok(topic, `synchronous_commit is ${synchronousCommit}`)
  return warn(
    topic,
    'synchronous_commit is off: a crash may lose acknowledged registrations',
    'enable it for this database and role; heartbeats do not use it anyway',
  )
}

function checkReplicas(server: InspectedServer, { hosts }: ServerContext): Finding {
  const topic = 'replicas'
  const { replicas, synchronousStandbyNames, synchronousCommit } = server
  const descriptions = replicas.map(
    ({ name, syncState }) => `${printable(name) || 'unnamed'} (${syncState ?? 'state hidden'})`,
  )
  const message = descriptions.length > 0 ? descriptions.join(', ') : 'none'
  const isSyncRequired =
    synchronousStandbyNames !== '' && !['off', 'local'].includes(synchronousCommit)
  if (isSyncRequired && replicas.length === 0) {
    const advice = 'restore a standby, or clear synchronous_standby_names'
    return fail(topic, 'none, but every commit waits for a synchronous standby', advice)
  }
  const isSynchronous =
    isSyncRequired &&
    replicas.some(({ syncState }) => syncState === null || ['sync', 'quorum'].includes(syncState))
  if (hosts.length === 1 || isSynchronous) return ok(topic, message)
  return warn(
    topic,
    `${message}; a failover may lose the latest acknowledged changes`,
    'make one synchronous with synchronous_standby_names and synchronous_commit = on',
  )
}

function checkConnections(
  { connectionLimit, otherConnections }: InspectedServer,
  { connectionsPerNode, registry }: ServerContext,
): Finding {
  const topic = 'connections'
  const nodes = Math.max(1, registry?.nodes ?? 1)
  const needed = nodes * connectionsPerNode
  const message =
    `max ${connectionLimit}; ${nodes} node${nodes > 1 ? 's' : ''} may use ${needed}, ` +
    `others use ${otherConnections}`
  if (needed + otherConnections <= connectionLimit) return ok(topic, message)
  return warn(topic, message, 'raise max_connections, or lower pool_size in the URL of the nodes')
}

function checkLongTransactions({ longTransactions, seesAllRoles }: InspectedServer): Finding {
  const topic = 'transactions'
  const [oldest] = longTransactions
  if (oldest === undefined) {
    const restriction = seesAllRoles ? '' : '; those of other roles are not visible'
    return ok(topic, `none older than a minute${restriction}`)
  }
  const descriptions = longTransactions.map(({ pid, application, ageSeconds }) => {
    const name = printable(application) || 'unnamed'
    const age = formatDuration(Math.floor(ageSeconds))
    return `${pid === null ? 'prepared' : `pid ${pid}`} (${name}) for ${age}`
  })
  const end =
    oldest.pid === null ? 'ROLLBACK PREPARED' : `SELECT pg_terminate_backend(${oldest.pid})`
  return warn(
    topic,
    descriptions.join(', '),
    `they block vacuum; end the oldest, for example with ${end}`,
  )
}

function checkTransactionIds({ transactionAge }: InspectedServer): Finding {
  const topic = 'wraparound'
  const share = Math.round((transactionAge / WRAPAROUND_AGE) * 100)
  const message = `${share} % of the transaction ids used`
  if (transactionAge <= WARN_TRANSACTION_AGE) return ok(topic, message)
  return warn(
    topic,
    message,
    'run VACUUM FREEZE; check for long transactions and the settings of autovacuum',
  )
}

/** Reports clock skew without a warning: leases use only the clock of the database. */
function describeClock({ clockAheadMs }: InspectedServer): Finding {
  const topic = 'db clock'
  if (Math.abs(clockAheadMs) <= TOLERANCE_MS) {
    return ok(topic, `within ${TOLERANCE_MS / 1000} s of this machine`)
  }
  const seconds = Math.abs(clockAheadMs / 1000).toFixed(1)
  const where = clockAheadMs > 0 ? 'ahead of' : 'behind'
  return ok(topic, `${seconds} s ${where} this machine; leases are not affected`)
}
