// When a branch of the history begins in a database, and what running nodes make of it.
import { expect, test } from 'vitest'
import { copyTables, restoreTables } from '../../../../../test/history-forks/support/table-copy.ts'
import { databasePerTest } from '../../../../../test/postgres/support/database-per-test.ts'
import { queryOnce } from '../../../../../test/postgres/support/postgres-client.ts'
import { currentBranch } from '../../../src/domain/branch.ts'
import type { HistoryPosition } from '../../../src/domain/history-position.ts'
import type { Transition } from '../../../src/domain/transition.ts'
import { PostgresDatabase } from '../../../src/storage/postgres/connections/database.ts'
import { PostgresNotifications } from '../../../src/storage/postgres/connections/notifications.ts'
import { parsePostgresUrl } from '../../../src/storage/postgres/connections/target.ts'
import { PostgresAgentRegistryRepository } from '../../../src/storage/postgres/repository.ts'
import { TransitionFollower } from '../../../src/storage/postgres/transitions/transition-follower.ts'
import { ManualClock } from '../../../src/testing/manual-clock.ts'
import { ANN, BO } from '../../../src/testing/sample-callers.ts'
import { registration } from '../sample-registration.ts'

const database = databasePerTest()
const openNode = (clock?: ManualClock) =>
  PostgresAgentRegistryRepository.open(database.url, { clock })

interface StoredBranch {
  readonly id: string
  readonly beganAt: number
}

const storedBranches = () =>
  queryOnce<StoredBranch & object>(
    database.url,
    'SELECT id, began_at::int AS "beganAt" FROM rollcall.branches ORDER BY ordinal',
  )

/** As if the database had been restarted since the last transition. */
const restartOfServer = () =>
  queryOnce(
    database.url,
    `WITH restarted AS (SELECT now() - interval '1 day' AS at)
     UPDATE rollcall.registry SET server_started_at = at, written_by = pg_current_xact_id()::xid
     FROM restarted`,
  )

test('commits, sweeps and starts of nodes stay in the branch that the registry began with', async () => {
  const clock = new ManualClock()
  await using one = await openNode(clock)
  await using other = await openNode(clock)
  const { epoch } = await one.counts()
  for (const [index, node] of [one, other, one].entries()) {
    await node.add(registration({ agentId: `agent-${index}`, ttlSeconds: 10 }))
  }
  clock.advance(11_000)
  // A sweep that writes, and a commit after it.
  expect(await one.expireLapsed()).toMatchObject({ expired: 3 })
  await other.updateHeartbeat('agent-0')
  await using third = await openNode(clock)
  await third.add(registration({ agentId: 'more' }))
  await expect.poll(async () => (await one.counts()).revision).toBe(8)
  const branches = await storedBranches()
  expect(branches).toEqual([{ id: epoch, beganAt: 0 }])
  for (const node of [one, other, third]) expect((await node.counts()).branches).toEqual(branches)
})

test('the first transition after a start of the server begins a branch where the last one ended', async () => {
  await using one = await openNode()
  await using other = await openNode()
  const replaced: HistoryPosition[] = []
  const heard: (string | undefined)[][] = []
  for (const node of [one, other]) {
    const branches: (string | undefined)[] = []
    heard.push(branches)
    node.subscribe(
      (_, branch) => branches.push(branch),
      (history) => replaced.push(history),
    )
  }
  await one.add(registration({ agentId: 'a' }))
  await restartOfServer()
  const before = await one.counts()
  await one.add(registration({ agentId: 'b' }))
  const branches = await storedBranches()
  expect(branches.slice(1)).toEqual([{ id: expect.stringMatching(/^[\w-]{8}$/), beganAt: 1 }])
  expect((await one.counts()).branches).toEqual(branches)
  expect(currentBranch(await other.counts())).not.toBe(currentBranch(before))
  // Nothing was lost: both nodes go on, and say in which branch.
  const ids = branches.map(({ id }) => id)
  await expect.poll(() => heard).toEqual([ids, ids])
  expect(replaced).toEqual([])
})

test('counts name the branch of their revision, however far the node has delivered', async () => {
  await using one = await openNode()
  await using other = await openNode()
  for (let start = 1; start <= 20; start++) {
    await restartOfServer()
    await one.add(registration({ agentId: `agent-${start}` }))
    expect(await other.counts()).toMatchObject({
      revision: start,
      branches: await storedBranches(),
    })
  }
})

test('counts by owner are of the history that the node follows, also if it was just replaced', async () => {
  await using node = await openNode()
  let replacements = 0
  node.subscribe(
    () => undefined,
    () => replacements++,
  )
  await copyTables(database.url)
  await node.add(registration({ agentId: 'lost' }), ANN)
  await restoreTables(database.url)
  await restartOfServer()
  await using other = await openNode()
  await other.add(registration({ agentId: 'a' }), BO)
  const { revision, byOwner } = await node.countByOwner()
  expect([revision, replacements]).toEqual([1, 1])
  expect(byOwner).toEqual(new Map([['bo', 1]]))
})

test('a transition that was lost with its branch is not delivered, even if this node committed it', async () => {
  await using node = await openNode()
  const { epoch } = await node.counts()
  await restartOfServer()
  await node.add(registration({ agentId: 'a' }))
  const [kept] = await node.eventsSince(0)
  const own = new PostgresDatabase({
    target: parsePostgresUrl(database.url),
    schema: 'rollcall',
    clock: undefined,
  })
  const notifications = new PostgresNotifications(own)
  const branches = [{ id: epoch, beganAt: 0 }]
  const from = { epoch, revision: 0, branches }
  const follower = new TransitionFollower({ database: own, notifications, from })
  const delivered: number[] = []
  follower.subscribe((transitions) =>
    delivered.push(...transitions.map(({ revision }) => revision)),
  )
  await follower.committed([{ ...(kept as Transition), revision: 2 }], epoch)
  expect(delivered).toEqual([1])
  await notifications.close()
  await follower.close()
  await own.close()
})

test('so does the first sweep after a start of the server', async () => {
  const clock = new ManualClock()
  await using node = await openNode(clock)
  await node.add(registration({ agentId: 'a', ttlSeconds: 10 }))
  await restartOfServer()
  clock.advance(11_000)
  expect(await node.expireLapsed()).toMatchObject({ expired: 1 })
  expect((await storedBranches()).at(-1)?.beganAt).toBe(1)
  expect((await node.counts()).branches).toEqual(await storedBranches())
})

test('a branch that lost its end without a trace is given up, with all before it', async () => {
  await using node = await openNode()
  const replaced: HistoryPosition[] = []
  node.subscribe(
    () => undefined,
    (history) => replaced.push(history),
  )
  for (const agentId of ['a', 'b', 'c']) await node.add(registration({ agentId }))
  // As in the memory of a virtual machine that was put back.
  await queryOnce(
    database.url,
    `UPDATE rollcall.registry SET revision = 2, written_by = pg_current_xact_id()::xid`,
  )
  await expect.poll(() => replaced).toHaveLength(1)
  const branches = await storedBranches()
  expect(branches).toEqual([{ id: expect.any(String), beganAt: 2 }])
  expect(await node.counts()).toMatchObject({ revision: 2, branches })
  expect(replaced).toMatchObject([{ revision: 2, branches }])
})

test('a node that has read further than it has delivered notices that the rest was lost', async () => {
  await using node = await openNode()
  for (const agentId of ['a', 'b']) await node.add(registration({ agentId }))
  await copyTables(database.url)
  await using other = await openNode()
  const replaced: HistoryPosition[] = []
  node.subscribe(
    () => undefined,
    (history) => replaced.push(history),
  )
  for (const agentId of ['c', 'd']) await other.add(registration({ agentId }))
  expect(await node.counts()).toMatchObject({ revision: 4 })
  await restoreTables(database.url)
  await other.add(registration({ agentId: 'e' }))
  await expect.poll(() => replaced.length).toBeGreaterThan(0)
  expect((await node.counts()).branches?.at(-1)).toMatchObject({ beganAt: 2 })
})

test('a node that has noticed a restore goes on without another reset when the next branch begins', async () => {
  await using node = await openNode()
  await node.add(registration({ agentId: 'a' }))
  await copyTables(database.url)
  await node.add(registration({ agentId: 'b' }))
  const replaced: HistoryPosition[] = []
  node.subscribe(
    () => undefined,
    (history) => replaced.push(history),
  )
  await restoreTables(database.url)
  await expect.poll(() => replaced).toMatchObject([{ revision: 1 }])
  await node.add(registration({ agentId: 'c' }))
  expect((await node.counts()).branches).toMatchObject([{ beganAt: 0 }, { beganAt: 1 }])
  expect(replaced).toHaveLength(1)
})

test('the database keeps the newest branches', async () => {
  await using node = await openNode()
  await node.add(registration({ agentId: 'a' }))
  await queryOnce(
    database.url,
    `INSERT INTO rollcall.branches (ordinal, id, began_at)
     SELECT n, 'b' || n, 0 FROM generate_series(3, 1001) n`,
  )
  await restartOfServer()
  await node.add(registration({ agentId: 'b' }))
  const branches = await storedBranches()
  expect(branches).toHaveLength(1000)
  expect(branches[0]?.id).toBe('b3')
})

test('nodes start on a registry of which only a part of the tables was restored', async () => {
  {
    await using node = await openNode()
    await node.add(registration({ agentId: 'a' }))
  }
  await queryOnce(database.url, 'DELETE FROM rollcall.branches')
  await using node = await openNode()
  const before = await node.counts()
  await node.add(registration({ agentId: 'b' }))
  expect(await node.counts()).toMatchObject({ revision: 2, branches: before.branches })
})
