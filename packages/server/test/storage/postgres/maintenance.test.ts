// Maintenance on nodes that share a database.
import { expect, test } from 'vitest'
import { eventually } from '../../../../../test/http/support/eventually.ts'
import { databasePerTest } from '../../../../../test/postgres/support/database-per-test.ts'
import { queryOnce } from '../../../../../test/postgres/support/postgres-client.ts'
import { viewStatus } from '../../../src/domain/query/agent-filter.ts'
import { PostgresAgentRegistryRepository } from '../../../src/storage/postgres/repository.ts'
import { registration } from '../sample-registration.ts'
import { lockWaits, whileLocked } from './slow-database.ts'

const database = databasePerTest()
const openNode = () => PostgresAgentRegistryRepository.open(database.url)

const UPGRADE = { reason: 'upgrade', by: 'ann' }

test('a registration on another node right after it is in maintenance', async () => {
  await using node = await openNode()
  await using other = await openNode()
  // Both nodes have read the entries before.
  for (const each of [node, other]) await each.add(registration({ agentId: 'before' }))
  for (let round = 0; round < 20; round++) {
    await node.setMaintenance(`team-${round}:*`, UPGRADE)
    const agent = await other.add(registration({ agentId: `team-${round}:1` }))
    expect(agent).toMatchObject({ maintenance: UPGRADE })
    expect(viewStatus(agent)).toBe('draining')
    await node.endMaintenance(`team-${round}:*`)
    expect(await other.get(`team-${round}:1`)).toMatchObject({ maintenance: null })
    expect(await other.add(registration({ agentId: `team-${round}:2` }))).toMatchObject({
      maintenance: null,
    })
  }
})

test('an agent that reports ready to another node stays draining, and counts agree on both', async () => {
  await using node = await openNode()
  await using other = await openNode()
  await node.add(registration({ agentId: 'a' }))
  await node.setMaintenance('a', UPGRADE)
  await other.updateHeartbeat('a', { status: 'busy' })
  await other.updateHeartbeat('a', { status: 'ready' })
  for (const each of [node, other]) {
    await eventually(() => each.countByStatus()).toMatchObject({ draining: 1, ready: 0, busy: 0 })
  }
  await other.endMaintenance('a')
  for (const each of [node, other]) {
    await eventually(() => each.countByStatus()).toMatchObject({ draining: 0, ready: 1 })
  }
})

test('a registration that has read older entries is worked out again', async () => {
  await using node = await openNode()
  await node.add(registration({ agentId: 'before' }))
  let added: Promise<unknown> = Promise.resolve()
  await whileLocked(database.url, 'SELECT FROM rollcall.registry FOR UPDATE', async () => {
    added = node.add(registration({ agentId: 'a' }))
    // It has read the entries, and is about to commit.
    await eventually(() => lockWaits(database.url)).toBe(1)
    // As another node does that comes first.
    await queryOnce(
      database.url,
      `INSERT INTO rollcall.maintenance VALUES ('a', 'upgrade', 0, 'ann')`,
    )
    await queryOnce(database.url, `SELECT rollcall.record_maintenance_change('a')`)
  })
  expect(await added).toMatchObject({ maintenance: UPGRADE })
})

test('the sweeper completes a change whose node has died', async () => {
  await using node = await openNode()
  const ids = Array.from({ length: 1200 }, (_, index) => `team:${index}`)
  await Promise.all(ids.map((agentId) => node.add(registration({ agentId }))))
  await node.add(registration({ agentId: 'other' }))
  // What a node commits before any agent follows.
  await queryOnce(database.url, `SELECT rollcall.set_maintenance(NULL, 'team:*', 'upgrade', 'ann')`)
  await eventually(async () => {
    await node.expireLapsed({ nextSweepMs: 60_000 })
    const pages = await Array.fromAsync(node.listAll({ statuses: ['draining'] }))
    return pages.flat().length
  }).toBe(ids.length)
  const changes = () => queryOnce(database.url, 'SELECT FROM rollcall.maintenance_changes')
  await eventually(async () => (await changes()).length).toBe(0)
})

test('a backup that is restored under a running node is read again', async () => {
  await using node = await openNode()
  await node.setMaintenance('a', UPGRADE)
  await node.add(registration({ agentId: 'a' }))
  // The same number of changes as before, to other entries.
  await queryOnce(database.url, 'DELETE FROM rollcall.maintenance')
  await queryOnce(database.url, `SELECT rollcall.record_maintenance_change('*')`)
  expect(await node.add(registration({ agentId: 'a', port: 8001 }))).toMatchObject({
    maintenance: null,
  })
})

test('a change waits for a commit that is going on, whose agents are to follow it', async () => {
  await using node = await openNode()
  const entries = () => queryOnce(database.url, 'SELECT FROM rollcall.maintenance')
  for (const [change, before] of [
    [() => node.setMaintenance('a*', UPGRADE), 0],
    [() => node.endMaintenance('a*'), 1],
  ] as const) {
    let changed: Promise<unknown> = Promise.resolve()
    // As a commit does, before it examines the entries.
    await whileLocked(database.url, 'SELECT FROM rollcall.registry FOR UPDATE', async () => {
      changed = change()
      await eventually(() => lockWaits(database.url)).toBe(1)
      expect(await entries()).toHaveLength(before)
    })
    await changed
    expect(await entries()).toHaveLength(1 - before)
  }
})

test('two nodes that set and end the same pattern at once, among registrations, agree in the end', async () => {
  await using node = await openNode()
  await using other = await openNode()
  const ids = Array.from({ length: 30 }, (_, index) => `team:${index}`)
  for (let round = 0; round < 6; round++) {
    await Promise.all([
      node.setMaintenance('team:*', UPGRADE),
      other.endMaintenance('team:*'),
      ...ids.map((agentId, index) =>
        (index % 2 === 0 ? node : other).add(registration({ agentId, port: 8000 + round })),
      ),
      other.setMaintenance('team:*', { reason: `repair ${round}`, by: 'bo' }),
      round % 2 === 0 ? node.endMaintenance('team:*') : undefined,
    ])
    const [entry] = await node.maintenance()
    expect(await other.maintenance()).toEqual(entry ? [entry] : [])
    for (const each of [node, other]) {
      const agents = (await Array.fromAsync(each.listAll())).flat()
      const reasons = new Set(agents.map(({ maintenance }) => maintenance?.reason))
      expect([...reasons]).toEqual([entry?.reason])
    }
  }
})

test('a node that closes in the middle of a change leaves the rest to another', async () => {
  const node = await openNode()
  await using other = await openNode()
  const ids = Array.from({ length: 3000 }, (_, index) => `team:${index}`)
  await Promise.all(ids.map((agentId) => node.add(registration({ agentId }))))
  const begun = Promise.withResolvers<void>()
  node.subscribe(() => begun.resolve())
  const outcome = node.setMaintenance('team:*', UPGRADE).catch((error: unknown) => error)
  await begun.promise
  await node.close()
  expect(await outcome).toMatchObject({ code: 'OUTCOME_UNKNOWN' })
  expect((await other.countByStatus()).draining).toBeLessThan(ids.length)
  await eventually(async () => {
    await other.expireLapsed()
    return (await other.countByStatus()).draining
  }).toBe(ids.length)
})
