import type { ClientBase } from 'pg'
import { SERVER_LIMITS } from '../../../limits/server-limits.ts'

/** What the server itself ends on a connection, whatever becomes of the node. */
export interface ConnectionTimeouts {
  /** Milliseconds that a statement may take; 0: as long as it likes. */
  readonly statementMs: number
  /** Milliseconds that a statement waits for a lock; 0: as long as it likes. */
  readonly lockMs: number
}

/**
 * What the statements are written for. They know what they are looking for, so an index is always
 * right: a plan that is kept from when a table was small, or that guesses how many leases have
 * lapsed, reads all of it.
 */
const PLANNER: Readonly<Record<string, string>> = {
  default_transaction_isolation: 'read committed',
  enable_seqscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  // All of them are short; to older versions, a plan without an index looks long.
  jit: 'off',
  // With workers for each of them, 30 clients that sort 200 000 agents kept a heartbeat waiting for 1.2 s
  // on two cores, and had fewer answers.
  max_parallel_workers_per_gather: '0',
}

/** A node whose host died leaves connections that say nothing: gone in half a minute. */
const KEEPALIVE: Readonly<Record<string, string>> = {
  tcp_keepalives_idle: '10',
  tcp_keepalives_interval: '5',
  tcp_keepalives_count: '3',
  // Of a node that stopped in the middle of a transaction: it holds locks.
  idle_in_transaction_session_timeout: '60s',
}

/** The server looks so often whether the client of a statement that runs is still there. */
const CHECK_CLIENT = "SELECT set_config('client_connection_check_interval', '2s', false)"

/**
 * Refuses a standby, and makes sure of what the statements are written for and of the limits of the
 * connection, whatever the database has for its default.
 */
export async function prepareConnection(
  client: ClientBase,
  { statementMs, lockMs }: ConnectionTimeouts,
): Promise<void> {
  const settings = {
    ...PLANNER,
    ...KEEPALIVE,
    statement_timeout: String(statementMs),
    lock_timeout: String(lockMs),
  }
  const { rows } = await client.query(
    inTime(
      `SELECT pg_is_in_recovery() AS standby, count(set_config(s.key, s.value, false))
       FROM json_each_text($1::json) s`,
      [JSON.stringify(settings)],
    ),
  )
  if (rows[0]?.standby) throw new Error('it is a standby, which takes no writes')
  // Not every system can look.
  await client.query(inTime(CHECK_CLIENT)).catch(() => undefined)
}

/** The types do not know of the timeout of a single query, which the driver has. */
function inTime(text: string, values: unknown[] = []) {
  return { text, values, query_timeout: SERVER_LIMITS.postgresStatementMs.value }
}
