import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { queryOnce, withClient } from '../../postgres/support/postgres-client.ts'
import { pause } from '../aborted.ts'
import type { Attack, AttackContext, Finding } from '../attack.ts'
import { OutageWatch } from '../outage-watch.ts'
import type { Size } from '../sizes.ts'

/** Of two nodes, whose pools are of a size that is documented. */
const BACKENDS_GOAL = 50
/** Until what was waiting is committed, if it is. */
const SETTLED_MS = 3000
const BACKENDS = `SELECT count(*) AS count FROM pg_stat_activity
  WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`

let watch: OutageWatch | undefined

/**
 * Somebody holds a lock on the row of revisions, and goes away after a while. Connections piled up, and
 * readiness went on to say yes.
 */
export const lockedTable: Attack = {
  ...common('locked-table', 'a lock on `rollcall.registry` that somebody holds'),
  attack: (context, signal) =>
    withClient(context.databaseUrl ?? '', async (client) => {
      await client.query('BEGIN')
      await client.query('LOCK TABLE rollcall.registry IN ACCESS EXCLUSIVE MODE')
      const findings = await observe(context, client, signal)
      await client.query('ROLLBACK')
      return findings
    }),
}

/**
 * The synchronous standby is dead: each commit waits for it. Backends went from 10 to 57 within 75 s,
 * `/health/ready` said 200 for a minute, and what was answered with 503 was committed 50 s later.
 */
export const deadStandby: Attack = {
  ...common('dead-standby', 'commits that wait for a synchronous standby that is not there'),
  isOutage: true,
  attack: (context, signal) =>
    withClient(context.databaseUrl ?? '', async (client) => {
      const set = (name: string) => setStandby(context.databaseUrl ?? '', name)
      await set('nowhere')
      const findings = await observe(context, client, signal)
      await set('')
      return findings
    }),
}

function common(name: string, title: string): Omit<Attack, 'attack'> {
  return {
    name,
    title,
    stores: ['postgres'],
    registry: { nodes: 2 },
    seconds: ({ waitSeconds }: Size) => waitSeconds,
    async inspect() {
      await sleep(SETTLED_MS)
      return watch ? [await watch.committedLater(), await watch.lost()] : []
    },
  }
}

async function observe(
  { url }: AttackContext,
  client: pg.Client,
  signal: AbortSignal,
): Promise<Finding[]> {
  watch = new OutageWatch(url)
  const watched = watch.watch(signal)
  let most = 0
  while (!signal.aborted) {
    const { rows } = await client.query<{ count: string }>(BACKENDS)
    most = Math.max(most, Number(rows[0]?.count))
    await pause(500, signal)
  }
  await watched
  return [
    watch.readiness(),
    { what: 'most connections to the database', value: most, isGood: most <= BACKENDS_GOAL },
  ]
}

async function setStandby(url: string, name: string): Promise<void> {
  await queryOnce(url, `ALTER SYSTEM SET synchronous_standby_names = '${name}'`)
  await queryOnce(url, 'SELECT pg_reload_conf()')
}
