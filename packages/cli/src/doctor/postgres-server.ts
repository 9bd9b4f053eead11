import type { InspectedServer, PostgresInspection } from '@rollcall/server'
import { longSpan } from '../output/age.ts'
import { printable } from '../output/text-width.ts'
import { type Finding, good, odd, wrong } from './finding.ts'

/** Transaction ids after which PostgreSQL writes nothing any more, and when that is near. */
const LAST_TRANSACTION_ID = 2 ** 31
const MANY_TRANSACTION_IDS = 1.5e9
/** Milliseconds that the clocks may differ by without a word. */
const TOLERANCE_MS = 2000

type Surroundings = Pick<PostgresInspection, 'hosts' | 'connectionsPerNode' | 'registry'>

/** How the server is set up. */
export function checkServer(server: InspectedServer, around: Surroundings): Finding[] {
  return [
    checkVersion(server),
    checkEncryption(server, around),
    checkDurability(server),
    checkReplicas(server, around),
    checkConnections(server, around),
    checkLongTransactions(server),
    checkTransactionIds(server),
    tellClock(server),
  ]
}

function checkVersion({ version, neededVersion, isNewEnough }: InspectedServer): Finding {
  const topic = 'postgres'
  if (isNewEnough) return good(topic, `${version}; ${neededVersion} or newer is needed`)
  return wrong(topic, `${version} is too old`, `Rollcall needs ${neededVersion} or newer`)
}

function checkEncryption({ isEncrypted }: InspectedServer, { hosts }: Surroundings): Finding {
  const topic = 'encryption'
  if (isEncrypted) return good(topic, 'TLS')
  const primary = hosts.find(({ role }) => role === 'primary')?.host ?? ''
  if (isThisMachine(primary)) return good(topic, 'none; it is on this machine')
  const advice = 'add ?sslmode=verify-full to the URL, with sslrootcert for a CA of your own'
  return odd(topic, `none: passwords and agents cross the network in the open`, advice)
}

function isThisMachine(host: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/i.test(host)
}

function checkDurability(server: InspectedServer): Finding {
  const topic = 'durability'
  const { fsync, fullPageWrites, synchronousCommit } = server
  const off = [...(fsync ? [] : ['fsync']), ...(fullPageWrites ? [] : ['full_page_writes'])]
  if (off.length > 0) {
    const advice = 'a power cut may destroy the database: turn it on in postgresql.conf'
    return wrong(topic, `${off.join(' and ')} off`, advice)
  }
  if (synchronousCommit !== 'off') return good(topic, `synchronous_commit is ${synchronousCommit}`)
  return odd(
    topic,
    'synchronous_commit is off: a crash may lose acknowledged registrations',
    'turn it on for this database and role; heartbeats do without it anyway',
  )
}

function checkReplicas(server: InspectedServer, { hosts }: Surroundings): Finding {
  const topic = 'replicas'
  const { replicas, synchronousStandbyNames, synchronousCommit } = server
  const told = replicas.map(
    ({ name, syncState }) => `${printable(name) || 'one'} (${syncState ?? 'state hidden'})`,
  )
  const message = told.length > 0 ? told.join(', ') : 'none'
  const doesWait = synchronousStandbyNames !== '' && !['off', 'local'].includes(synchronousCommit)
  if (doesWait && replicas.length === 0) {
    const advice = 'bring one back, or empty synchronous_standby_names'
    return wrong(topic, 'none, and every commit waits for one that is synchronous', advice)
  }
  const isSynchronous =
    doesWait &&
    replicas.some(({ syncState }) => syncState === null || ['sync', 'quorum'].includes(syncState))
  if (hosts.length === 1 || isSynchronous) return good(topic, message)
  return odd(
    topic,
    `${message}; a failover may lose the last acknowledged changes`,
    'make one synchronous: synchronous_standby_names, synchronous_commit = on',
  )
}

function checkConnections(
  { connectionLimit, otherConnections }: InspectedServer,
  { connectionsPerNode, registry }: Surroundings,
): Finding {
  const topic = 'connections'
  const nodes = Math.max(1, registry?.nodes ?? 1)
  const needed = nodes * connectionsPerNode
  const message =
    `${connectionLimit} allowed; ${nodes} node${nodes > 1 ? 's' : ''} may take ${needed}, ` +
    `others have ${otherConnections}`
  if (needed + otherConnections <= connectionLimit) return good(topic, message)
  return odd(topic, message, 'raise max_connections, or lower pool_size in the URL of the nodes')
}

function checkLongTransactions({ longTransactions, seesEverybody }: InspectedServer): Finding {
  const topic = 'long work'
  const [oldest] = longTransactions
  if (oldest === undefined) {
    const whose = seesEverybody ? '' : '; those of other roles are hidden'
    return good(topic, `no transaction older than a minute${whose}`)
  }
  const told = longTransactions.map(({ pid, application, ageSeconds }) => {
    const name = printable(application) || 'no name'
    return `${pid === null ? 'prepared' : `pid ${pid}`} (${name}) for ${longSpan(Math.floor(ageSeconds))}`
  })
  const end =
    oldest.pid === null ? 'ROLLBACK PREPARED' : `SELECT pg_terminate_backend(${oldest.pid})`
  return odd(topic, told.join(', '), `vacuum cleans nothing newer; end it, if in doubt by ${end}`)
}

function checkTransactionIds({ transactionAge }: InspectedServer): Finding {
  const topic = 'id supply'
  const share = Math.round((transactionAge / LAST_TRANSACTION_ID) * 100)
  const message = `${share} % of the transaction ids are used`
  if (transactionAge <= MANY_TRANSACTION_IDS) return good(topic, message)
  return odd(topic, message, 'VACUUM FREEZE; look why autovacuum does not: long work, its settings')
}

/** Leases run on the clock of the database alone, so there is nothing to judge. */
function tellClock({ clockAheadMs }: InspectedServer): Finding {
  const topic = 'its clock'
  if (Math.abs(clockAheadMs) <= TOLERANCE_MS) {
    return good(topic, `agrees with this machine within ${TOLERANCE_MS / 1000} s`)
  }
  const seconds = Math.abs(clockAheadMs / 1000).toFixed(1)
  const where = clockAheadMs > 0 ? 'ahead of' : 'behind'
  return good(topic, `${seconds} s ${where} this machine; leases do not mind`)
}
