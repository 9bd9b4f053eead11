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
