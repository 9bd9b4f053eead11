// The content of a database is restored under two running nodes.
import { expect, test } from 'vitest'
import { EventStreamReader } from '../http/support/event-stream-reader.ts'
import { databasePerTest } from '../postgres/support/database-per-test.ts'
import {
  ALL_CURRENT,
  ALL_INVALID,
  ALL_VALID,
  HeldPositions,
  listedBy,
} from './support/held-positions.ts'
import { RunningRegistry } from './support/running-registry.ts'
import { copyTables, type Emptying, restoreTables } from './support/table-copy.ts'

const database = databasePerTest()

test.each<Emptying>(['DELETE FROM', 'TRUNCATE'])(
  'after a restore by %s, both nodes reject what clients hold from after the backup, at any revision',
  async (emptying) => {
    await using one = await RunningRegistry.start(database.url)
    await using other = await RunningRegistry.start(database.url)
    await one.register(['a', 'b'])
    const before = await HeldPositions.of(one.url, 'a')
    await copyTables(database.url)
    await one.register(['late', 'lost'])
    const after = await HeldPositions.of(other.url, 'late')
    const streams = await Promise.all(
      [one, other].map(({ url }) => EventStreamReader.open(url, 'snapshot=true')),
    )
    for (const stream of streams) await stream.untilSynced()

    await restoreTables(database.url, { emptying })
    await other.register(['late', 'other'], 9000)
    for (const { url } of [one, other]) {
      expect(await listedBy(url)).toEqual(['a 1', 'b 2', 'late 3', 'other 4'])
      expect(await after.outcomesAt(url)).toEqual(ALL_INVALID)
      expect(await before.outcomesAt(url)).toEqual(ALL_VALID)
    }
    // What these clients hold is void: their streams end, and they cannot resume.
    for (const stream of streams) {
      await stream.whenEnded()
      const id = stream.received.at(-1)?.id ?? ''
      for (const { url } of [one, other]) await expectReset(url, id)
    }
  },
)

test('nodes notice a restore even if nothing changes after it', async () => {
  await using one = await RunningRegistry.start(database.url)
  await using other = await RunningRegistry.start(database.url)
  await one.register(['a', 'b'])
  const before = await HeldPositions.of(one.url, 'a')
  await copyTables(database.url)
  await one.register(['late', 'lost'])
  const after = await HeldPositions.of(one.url, 'late')
  await using stream = await EventStreamReader.open(other.url, 'snapshot=true')
  await stream.untilSynced()
  await restoreTables(database.url)
  await stream.whenEnded()
  for (const { url } of [one, other]) {
    expect(await after.outcomesAt(url)).toEqual({ ...ALL_INVALID, agent: 404 })
    expect(await before.outcomesAt(url)).toEqual(ALL_CURRENT)
  }
})

test('positions of one node are valid on another, also after a node was started', async () => {
  await using one = await RunningRegistry.start(database.url)
  await one.register(['a', 'b'])
  const first = await HeldPositions.of(one.url, 'a')
  await using other = await RunningRegistry.start(database.url)
  expect(await first.outcomesAt(other.url)).toEqual(ALL_CURRENT)
  await other.register(['c', 'd'])
  const second = await HeldPositions.of(other.url, 'd')
  for (const { url } of [one, other]) {
    expect(await first.outcomesAt(url)).toEqual(ALL_VALID)
    expect(await second.outcomesAt(url)).toEqual(ALL_CURRENT)
  }
})

async function expectReset(url: string, lastEventId: string): Promise<void> {
  await using stream = await EventStreamReader.open(url, '', { 'last-event-id': lastEventId })
  const types = (await stream.untilSynced()).map(({ type }) => type)
  expect(types[0]).toBe('reset')
  const held = [...stream.held.values()].map(({ agent_id: id, revision }) => `${id} ${revision}`)
  expect(held).toEqual(await listedBy(url))
}
