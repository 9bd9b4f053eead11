import { queryOnce, withClient } from '../../../../../test/postgres/support/postgres-client.ts'

/** Seconds that a search takes after {@link slowSearches}: longer than a test may run. */
const SEARCH_SECONDS = 14

/** Makes every text search take as long as that of a huge fleet on a busy machine. */
export async function slowSearches(url: string): Promise<void> {
  await queryOnce(url, 'ALTER TABLE rollcall.words RENAME TO quick_words')
  await queryOnce(
    url,
    `CREATE VIEW rollcall.words AS
       WITH slow AS MATERIALIZED (SELECT pg_sleep(${SEARCH_SECONDS})::text AS nothing)
       SELECT q.agent_id, q.words FROM rollcall.quick_words q
       UNION ALL SELECT s.nothing, s.nothing FROM slow s`,
  )
}

/** Returns the number of searches running in a database. */
export async function runningSearches(url: string): Promise<number> {
  return count(url, "wait_event = 'PgSleep'")
}

/** Ends all searches, as an administrator would. */
export async function endSearches(url: string): Promise<void> {
  await queryOnce(
    url,
    `SELECT pg_cancel_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND wait_event = 'PgSleep'`,
  )
}

/** Returns the number of statements waiting for a lock in a database. */
export async function lockWaits(url: string): Promise<number> {
  return count(url, "wait_event_type = 'Lock'")
}

/** Returns the number of commits waiting for a replica in a database. */
export async function replicaWaits(url: string): Promise<number> {
  return count(url, "wait_event = 'SyncRep'")
}

/** Returns the number of connections of the registry to a database. */
export async function registryBackends(url: string): Promise<number> {
  return count(url, "application_name = 'rollcall'")
}

/** Runs a function while holding a lock. */
export async function whileLocked<Result>(
  url: string,
  lock: string,
  work: () => Promise<Result>,
): Promise<Result> {
  return withClient(url, async (holder) => {
    await holder.query('BEGIN')
    await holder.query(lock)
    try {
      return await work()
    } finally {
      await holder.query('ROLLBACK')
    }
  })
}

/** Tracks whether a promise is settled, and handles its rejection. */
export function watch(promise: Promise<unknown>): { isSettled: boolean } {
  const watched = { isSettled: false }
  const settle = (): void => {
    watched.isSettled = true
  }
  promise.then(settle, settle)
  return watched
}

async function count(url: string, condition: string): Promise<number> {
  const [row] = await queryOnce<{ count: number }>(
    url,
    `SELECT count(*)::int AS count FROM pg_stat_activity
     WHERE datname = current_database() AND ${condition}`,
  )
  return row?.count ?? 0
}
