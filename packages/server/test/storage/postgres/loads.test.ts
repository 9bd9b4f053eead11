// Heartbeats arrive at any node; followers of loads are on another.
import { expect, test } from 'vitest'
import { eventually } from '../../../../../test/http/support/eventually.ts'
import { databasePerTest } from '../../../../../test/postgres/support/database-per-test.ts'
import { withClient } from '../../../../../test/postgres/support/postgres-client.ts'
import { loadPayloads, loadsIn } from '../../../src/storage/postgres/heartbeats/load-payload.ts'
import { PostgresAgentRegistryRepository } from '../../../src/storage/postgres/repository.ts'
import { registration } from '../sample-registration.ts'

const database = databasePerTest()

const openNode = () => PostgresAgentRegistryRepository.open(database.url)

/** Follows the loads that reach a node, the newest of each agent. */
function follow(node: PostgresAgentRegistryRepository) {
  const loads: Record<string, number | null> = {}
  const subscription = node.followLoads((agentId, load) => {
    loads[agentId] = load
  })
  return { loads, ...subscription }
}

test('loads that are reported to one node reach followers on another', async () => {
  await using here = await openNode()
  await using there = await openNode()
  for (const agentId of ['a', 'b', 'c']) await here.add(registration({ agentId }))
  const followed = follow(there)
  await followed.ready
  await here.updateHeartbeat('a', { load: 0.1 })
  await here.updateHeartbeats([{ agentId: 'b', load: 0.2 }])
  await here.add(registration({ agentId: 'c', load: 0.3 }))
  await eventually(() => followed.loads).toEqual({ a: 0.1, b: 0.2, c: 0.3 })
})

test('a node that starts while others follow asks for announcements, and sends them loads', async () => {
  await using there = await openNode()
  await there.add(registration({ agentId: 'a' }))
  const followed = follow(there)
  await followed.ready
  await withClient(database.url, async (spy) => {
    const payloads: string[] = []
    spy.on('notification', ({ payload = '' }) => payloads.push(payload))
    await spy.query('LISTEN "rollcall.followers"')
    await using late = await openNode()
    let count = 0
    await eventually(async () => {
      await late.updateHeartbeat('a', { load: (++count % 100) / 100 })
      return followed.loads.a
    }).toBeDefined()
    // Otherwise the first announcement that it receives would be the next one, up to 5 s later.
    expect(payloads).toContain('?')
    expect(payloads[payloads.indexOf('?') + 1]).toMatch(/^[^?]+$/)
  })
})

test('nothing is sent without followers, or with followers on the same node only', async () => {
  await using here = await openNode()
  await using there = await openNode()
  await here.add(registration({ agentId: 'a' }))
  await withClient(database.url, async (spy) => {
    const payloads: string[] = []
    spy.on('notification', ({ payload = '' }) => payloads.push(payload))
    await spy.query('LISTEN "rollcall.loads"')
    await here.updateHeartbeat('a', { load: 0.1 })
    const own = follow(here)
    await own.ready
    await here.updateHeartbeat('a', { load: 0.2 })
    expect(own.loads).toEqual({ a: 0.2 })
    const other = follow(there)
    await other.ready
    await here.updateHeartbeat('a')
    await here.updateHeartbeat('a', { load: 0.3 })
    await eventually(() => other.loads).toEqual({ a: 0.3 })
    // Each connection receives it in its own time.
    const reports = () => payloads.map((payload) => payload.split('\n')[1])
    await eventually(reports).toEqual(['a 0.3 0'])
  })
})

test('two thousand loads are sent in notifications', async () => {
  await using here = await openNode()
  await using there = await openNode()
  const ids = Array.from({ length: 2000 }, (_, i) => `a-rather-long-name-of-an-agent-${i}`)
  await Promise.all(ids.map((agentId) => here.add(registration({ agentId }))))
  const followed = follow(there)
  await followed.ready
  await here.updateHeartbeats(ids.map((agentId) => ({ agentId, load: 0.123456789 })))
  await eventually(() => Object.keys(followed.loads).length).toBe(2000)
  expect(new Set(Object.values(followed.loads))).toEqual(new Set([0.123456789]))
})

test('payloads round-trip, and are short enough', () => {
  const reports = Array.from({ length: 1000 }, (_, i) => ({
    agentId: `team:agent-${'x'.repeat(i % 100)}.${i}`,
    load: i % 3 === 0 ? null : i / 1000,
    atMs: 1_700_000_000_000 + ((i * 7) % 1000),
  }))
  const payloads = loadPayloads('node', reports)
  expect(Math.max(...payloads.map((payload) => Buffer.byteLength(payload)))).toBeLessThan(8000)
  expect(payloads.map((payload) => loadsIn(payload).node)).toEqual(payloads.map(() => 'node'))
  expect(payloads.flatMap((payload) => loadsIn(payload).reports)).toEqual(reports)
  expect(loadPayloads('node', [])).toEqual([])
})
