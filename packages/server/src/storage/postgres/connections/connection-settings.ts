import type { ClientBase } from 'pg'
import { SERVER_LIMITS } from '../../../limits/server-limits.ts'

/** Timeouts that the server enforces on a connection, even if the node fails. */
export interface ConnectionTimeouts {
  /** Milliseconds that a statement may take; 0: no limit. */
  readonly statementMs: number
  /** Milliseconds that a statement waits for a lock; 0: no limit. */
  readonly lockMs: number
}

/**
 * Planner settings that the statements rely on. They are all selective, so an index is always right: a
 * plan cached when a table was small, or based on a wrong estimate of lapsed leases, would scan it all.
 */
const PLANNER: Readonly<Record<string, string>> = {
  default_transaction_isolation: 'read committed',
  enable_seqscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  // All statements are short; older versions overestimate the cost of a plan without an index.
  jit: 'off',
  // With parallel workers, 30 clients that sort 200 000 agents delayed a heartbeat by 1.2 s on two cores,
  // and got fewer responses.
  max_parallel_workers_per_gather: '0',
}

/** A node whose host failed leaves silent connections behind: the server drops them in half a minute. */
const KEEPALIVE: Readonly<Record<string, string>> = {
  tcp_keepalives_idle: '10',
  tcp_keepalives_interval: '5',
  tcp_keepalives_count: '3',
  // A node that stops within a transaction still holds its locks.
  idle_in_transaction_session_timeout: '60s',
}

/** How often the server checks that the client of a running statement is still connected. */
const CHECK_CLIENT = "SELECT set_config('client_connection_check_interval', '2s', false)"

/**
 * Rejects a standby, and applies the planner settings and the limits of the connection, overriding the
 * defaults of the database.
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
    withTimeout(
      `SELECT pg_is_in_recovery() AS standby, count(set_config(s.key, s.value, false))
       FROM json_each_text($1::json) s`,
      [JSON.stringify(settings)],
    ),
  )
  if (rows[0]?.standby) throw new Error('it is a standby, which accepts no writes')
  // Not supported on every system.
  await client.query(withTimeout(CHECK_CLIENT)).catch(() => undefined)
}

/** The driver supports a timeout per query, which its types do not declare. */
function withTimeout(text: string, values: unknown[] = []) {
  return { text, values, query_timeout: SERVER_LIMITS.postgresStatementMs.value }
}
