// A database loses its last commits under two running nodes: by a failover, or by a restore of its files.
import { execFileSync } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { ReplicatedDatabase } from '../database-failures/support/replicated-database.ts'
import { EventStreamReader } from '../http/support/event-stream-reader.ts'
import { PostgresServer } from '../postgres/support/postgres-server.ts'
import {
  ALL_CURRENT,
  ALL_INVALID,
  ALL_VALID,
  HeldPositions,
  listedBy,
} from './support/held-positions.ts'
import { RunningRegistry } from './support/running-registry.ts'

/** Loses what is registered as `late` and `lost` after `a` and `b`; then both nodes must notice. */
async function expectForkNoticed(
  nodes: readonly [RunningRegistry, RunningRegistry],
  database: { keep: () => Promise<void>; lose: () => Promise<void> },
): Promise<void> {
  const [one, other] = nodes
  await one.register(['a', 'b'])
  const before = await HeldPositions.of(one.url, 'a')
  await database.keep()
  await one.register(['late', 'lost'])
  const after = await HeldPositions.of(other.url, 'late')
  const streams = await Promise.all(
    nodes.map(({ url }) => EventStreamReader.open(url, 'snapshot=true')),
  )
  for (const stream of streams) await stream.untilSynced()

  await database.lose()
  await served(nodes)
  // At the same revision as what was lost, before the nodes poll.
  await other.register(['late', 'other'], 9000)
  for (const { url } of nodes) {
    expect(await after.outcomesAt(url)).toEqual(ALL_INVALID)
    expect(await before.outcomesAt(url)).toEqual(ALL_VALID)
    expect(await listedBy(url)).toEqual(['a 1', 'b 2', 'late 3', 'other 4'])
  }
  for (const stream of streams) await stream.whenEnded()
  const current = await HeldPositions.of(one.url, 'late')
  expect(await current.outcomesAt(other.url)).toEqual(ALL_CURRENT)
}

/** Resolves once both nodes have reached the database again. */
async function served(nodes: readonly RunningRegistry[]): Promise<void> {
  for (const { url } of nodes) {
    const statuses = async () => {
      const paths = ['/agents', '/agents/a', '/events?limit=1', '/health/ready']
      return Promise.all(paths.map(async (path) => (await fetch(`${url}${path}`)).status))
    }
    await expect.poll(statuses).toEqual([200, 200, 200, 200])
  }
}

/** Copies files with their owners. */
const copyFolder = (from: string, to: string) => execFileSync('cp', ['-a', from, to])

test('a failover to a standby that lacks the last commits', async () => {
  await using database = await ReplicatedDatabase.launch({ isSynchronous: false })
  const { primary, standby } = database
  const url = database.url([primary, standby])
  await using one = await RunningRegistry.start(url)
  await using other = await RunningRegistry.start(url)
  await expectForkNoticed([one, other], {
    keep: async () => {
      await standby.catchUp(primary)
      await standby.query(`ALTER SYSTEM SET primary_conninfo = ''`)
      await standby.query('SELECT pg_reload_conf()')
      const receivers = 'SELECT count(*)::int AS n FROM pg_stat_wal_receiver'
      await expect.poll(() => standby.query(receivers)).toEqual([{ n: 0 }])
    },
    lose: async () => {
      await primary.kill()
      await standby.promote()
    },
  })
})

test('an older copy of the files of the database', async () => {
  await using server = await PostgresServer.launch()
  const url = await server.createDatabase()
  await using one = await RunningRegistry.start(url)
  await using other = await RunningRegistry.start(url)
  const [found] = await server.query<{ data: string }>(
    `SELECT current_setting('data_directory') AS data`,
  )
  const data = String(found?.data)
  await expectForkNoticed([one, other], {
    keep: async () => {
      await server.stop('fast')
      copyFolder(data, `${data}.copy`)
      await server.start()
      await served([one, other])
    },
    lose: async () => {
      await server.stop('immediate')
      await rm(data, { recursive: true })
      copyFolder(`${data}.copy`, data)
      await server.start()
    },
  })
})

test('a restart of the database that loses nothing leaves all positions valid, and streams go on', async () => {
  await using server = await PostgresServer.launch()
  const url = await server.createDatabase()
  await using one = await RunningRegistry.start(url)
  await using other = await RunningRegistry.start(url)
  await one.register(['a', 'b'])
  const held = await HeldPositions.of(one.url, 'a')
  const streams = await Promise.all(
    [one, other].map(({ url }) => EventStreamReader.open(url, 'snapshot=true')),
  )
  for (const stream of streams) await stream.untilSynced()
  await server.restart('immediate')
  await served([one, other])
  for (const { url } of [one, other]) expect(await held.outcomesAt(url)).toEqual(ALL_CURRENT)
  await other.register(['c'])
  for (const { url } of [one, other]) expect(await held.outcomesAt(url)).toEqual(ALL_VALID)
  for (const stream of streams) {
    const last = (await stream.until({ agentId: 'c' })).at(-1)
    expect(stream.isEnded).toBe(false)
    // The id that the client resumes with is valid on both nodes.
    for (const { url } of [one, other]) {
      await using resumed = await EventStreamReader.open(url, '', {
        'last-event-id': last?.id ?? '',
      })
      expect((await resumed.untilSynced()).map(({ type }) => type)).toEqual(['synced'])
    }
  }
})
