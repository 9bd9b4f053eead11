import { queryOnce } from '../../postgres/support/postgres-client.ts'
import { aborted } from '../aborted.ts'
import type { Attack } from '../attack.ts'
import { OutageWatch } from '../outage-watch.ts'
import type { Size } from '../sizes.ts'

const ROLE = 'registry'
const RIGHTS = 'INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA rollcall'

/** Privileges are revoked: every write returned 503, but `/health/ready` returned 200. */
export const revokedPrivileges: Attack = denied('revoked-privileges', {
  title: 'revoked privileges',
  deny: [`REVOKE ${RIGHTS} FROM ${ROLE}`],
  allow: [`GRANT ${RIGHTS} TO ${ROLE}`],
})

/**
 * The role becomes read-only with its next connection, as in a database that was made read-only.
 */
export const readOnlyRole: Attack = denied('read-only-role', {
  title: 'a role that becomes read-only',
  deny: [
    `ALTER ROLE ${ROLE} SET default_transaction_read_only = on`,
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${ROLE}'`,
  ],
  allow: [
    `ALTER ROLE ${ROLE} RESET default_transaction_read_only`,
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${ROLE}'`,
  ],
})

function denied(
  name: string,
  { title, deny, allow }: { title: string; deny: readonly string[]; allow: readonly string[] },
): Attack {
  return {
    name,
    title,
    stores: ['postgres'],
    isOutage: true,
    seconds: ({ waitSeconds }: Size) => waitSeconds,
    async attack({ url, databaseUrl = '' }, signal) {
      for (const statement of deny) await queryOnce(databaseUrl, statement)
      const watch = new OutageWatch(url)
      await Promise.all([watch.watch(signal), aborted(signal)])
      for (const statement of allow) await queryOnce(databaseUrl, statement)
      return [watch.readiness()]
    },
  }
}
