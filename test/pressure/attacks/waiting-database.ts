import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { queryOnce, withClient } from '../../postgres/support/postgres-client.ts'
import { pause } from '../aborted.ts'
import type { Attack, AttackContext, Finding } from '../attack.ts'
import { OutageWatch } from '../outage-watch.ts'
import type { Size } from '../sizes.ts'

/** For two nodes, whose pools have a documented size. */
const BACKENDS_GOAL = 50
/** Until pending transactions are committed, if they are. */
const SETTLED_MS = 3000
const BACKENDS = `SELECT count(*) AS count FROM pg_stat_activity
  WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`

let watch: OutageWatch | undefined

/**
 * A session holds a lock on the row of revisions for a while. Connections piled up, and readiness
 * kept succeeding.
 */
export const lockedTable: Attack = {
  ...common('locked-table', 'a lock on `rollcall.registry` held by another session'),
  attack: (context, signal) =>
    withClient(context.databaseUrl ?? '', async (client) => {
      await client.query('BEGIN')
      await client.query('LOCK TABLE rollcall.registry IN ACCESS EXCLUSIVE MODE')
      const findings = await watchOutage(context, client, signal)
      await client.query('ROLLBACK')
      return findings
    }),
}

/**
 * The synchronous standby is down: each commit waits for it. Backends went from 10 to 57 within 75
 * s, `/health/ready` returned 200 for a minute, and requests that got 503 were committed 50 s
 * later.
 */
export const deadStandby: Attack = {
  ...common('dead-standby', 'commits that wait for a missing synchronous standby'),
  isOutage: true,
  attack: (context, signal) =>
    withClient(context.databaseUrl ?? '', async (client) => {
      const set = (name: string) => setStandby(context.databaseUrl ?? '', name)
      await set('nowhere')
      const findings = await watchOutage(context, client, signal)
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

async function watchOutage(
  { url }: AttackContext,
  client: pg.Client,
  signal: AbortSignal,
): Promise<Finding[]> {
  watch = new OutageWatch(url)
  const watched = watch.watch(signal)
  let maximum = 0
  while (!signal.aborted) {
    const { rows } = await client.query<{ count: string }>(BACKENDS)
    maximum = Math.max(maximum, Number(rows[0]?.count))
    await pause(500, signal)
  }
  await watched
  return [
    watch.readiness(),
    {
      what: 'maximum connections to the database',
      value: maximum,
      isGood: maximum <= BACKENDS_GOAL,
    },
  ]
}

async function setStandby(url: string, name: string): Promise<void> {
  await queryOnce(url, `ALTER SYSTEM SET synchronous_standby_names = '${name}'`)
  await queryOnce(url, 'SELECT pg_reload_conf()')
}
