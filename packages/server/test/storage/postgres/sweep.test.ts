// The database expires leases by itself; readers derive the transition from the recorded expiry.
import { beforeEach, expect, test } from 'vitest'
import { eventually } from '../../../../../test/http/support/eventually.ts'
import { databasePerTest } from '../../../../../test/postgres/support/database-per-test.ts'
import { queryOnce, withClient } from '../../../../../test/postgres/support/postgres-client.ts'
import type { Transition } from '../../../src/index.ts'
import { PostgresAgentRegistryRepository } from '../../../src/storage/postgres/repository.ts'
import { ManualClock } from '../../../src/testing/manual-clock.ts'
import { registration } from '../sample-registration.ts'

const database = databasePerTest()
let clock: ManualClock

beforeEach(() => {
  clock = new ManualClock()
})

const openNode = () => PostgresAgentRegistryRepository.open(database.url, { clock })

/** Sweeps while another node has renewed an agent, and commits that only once the sweep waits for it. */
async function whileRenewing<T>(
  agentId: string,
  byMs: number,
  sweep: () => Promise<T>,
): Promise<T> {
  return withClient(database.url, async (other) => {
    await other.query('BEGIN')
    await other.query(
      `UPDATE rollcall.agents SET deadline = deadline + $2, last_beat = last_beat + $2
       WHERE agent_id = $1`,
      [agentId, byMs],
    )
    const sweeping = sweep()
    const waiting = async () => {
      const rows = await queryOnce(
        database.url,
        `SELECT FROM pg_stat_activity
         WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      )
      return rows.length
    }
    await eventually(waiting).toBe(1)
    await other.query('COMMIT')
    return sweeping
  })
}

test('an agent whose heartbeat is committed while it is being held back is not suspect', async () => {
  const brake = { brakeMinimum: 2 }
  await using node = await PostgresAgentRegistryRepository.open(database.url, { clock, ...brake })
  for (const agentId of ['a', 'b', 'c']) await node.add(registration({ agentId, ttlSeconds: 10 }))
  clock.advance(10_000)
  await node.expireLapsed()
  await node.add(registration({ agentId: 'd', ttlSeconds: 10 }))
  // While the brake is on, a lease is held shortly before its deadline.
  clock.advance(9_900)
  await whileRenewing('d', 9_900, () => node.expireLapsed())
  expect(await node.get('d')).toMatchObject({ suspect: false, alive: true })
  expect(await node.get('a')).toMatchObject({ suspect: true, alive: true })
})

test('an agent whose heartbeat is committed during the sweep stays alive', async () => {
  await using node = await openNode()
  for (const agentId of ['a', 'b', 'c']) await node.add(registration({ agentId, ttlSeconds: 10 }))
  clock.advance(10_000)
  const own: Transition[] = []
  node.subscribe((transitions) => void own.push(...transitions))
  const swept = await whileRenewing('b', 10_000, () => node.expireLapsed())
  expect(swept).toEqual({ expired: 2, more: false })
  expect(own.map(({ type, agentId, revision }) => ({ type, agentId, revision }))).toEqual([
    { type: 'expired', agentId: 'a', revision: 4 },
    { type: 'expired', agentId: 'c', revision: 5 },
  ])
  expect(await node.counts()).toMatchObject({ registered: 3, alive: 1, revision: 5 })
  clock.advance(10_000)
  expect(await node.expireLapsed()).toEqual({ expired: 1, more: false })
})

test('a check of an expired or unknown agent does not keep others from expiring', async () => {
  await using node = await openNode()
  for (const agentId of ['a', 'b']) await node.add(registration({ agentId, ttlSeconds: 10 }))
  clock.advance(5_000)
  await node.updateHeartbeat('b')
  clock.advance(5_000)
  expect(await node.expireLapsed()).toMatchObject({ expired: 1 })
  await queryOnce(database.url, "INSERT INTO rollcall.checks VALUES ('a', 0), ('unknown', 0)")
  clock.advance(5_000)
  expect(await node.expireLapsed()).toEqual({ expired: 1, more: false })
  expect(await node.counts()).toMatchObject({ registered: 2, alive: 0 })
})

test('an expiry is the same on the sweeping node, on another node, and in the history', async () => {
  await using node = await openNode()
  await using other = await openNode()
  await node.add(
    registration({
      agentId: 'escaped',
      agentName: 'A "name"\\ with {braces}, ö, 𝄞 and \u2028',
      ttlSeconds: 7,
      metadata: { text: 'one\ntwo "three" \\ \u2028', list: [1, 0.1, null], deep: { a: [] } },
      capabilities: ['a,b', '{c}', '"d"', 'NULL'],
      version: 'null',
      url: 'https://agent.example/?a=b&c="d"',
      status: 'draining',
      load: 0.1 + 0.2,
    }),
  )
  await node.add(registration({ agentId: 'plain', ttlSeconds: 7 }))
  const [own, received]: [Transition[], Transition[]] = [[], []]
  node.subscribe((transitions) => void own.push(...transitions))
  other.subscribe((transitions) => void received.push(...transitions))
  clock.advance(9_500)
  await node.expireLapsed()
  expect(own).toHaveLength(2)
  await eventually(() => Promise.resolve(received.at(-1)?.revision)).toBe(4)
  expect(own[0]).toMatchObject({
    type: 'expired',
    agentId: 'escaped',
    reason: 'ttl lapsed: last heartbeat 9.5 s ago, ttl 7 s',
    agent: { ...(await other.get('escaped')), revision: 3, alive: false },
    before: { status: 'draining', alive: true },
  })
  expect(received.slice(-2)).toEqual(own)
  expect(await other.eventsSince(2)).toEqual(own)
  expect([...(await other.historyOf('escaped')), ...(await other.historyOf('plain'))]).toEqual(
    expect.arrayContaining(own),
  )
})
