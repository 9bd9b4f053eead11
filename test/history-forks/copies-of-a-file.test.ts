// Copies of one SQLite file have the same history up to a revision, and from there on different ones.
import { copyFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { TemporaryFolder } from '../e2e/support/temporary-folder.ts'
import { EventStreamReader } from '../http/support/event-stream-reader.ts'
import {
  ALL_CURRENT,
  ALL_INVALID,
  ALL_VALID,
  HeldPositions,
  listedBy,
} from './support/held-positions.ts'
import { RunningRegistry } from './support/running-registry.ts'

/** Runs a registry on a file until the work is done. */
async function whileRunning<T>(
  file: string,
  work: (registry: RunningRegistry) => Promise<T>,
): Promise<T> {
  await using registry = await RunningRegistry.start(`sqlite:///${file}`)
  return await work(registry)
}

test('after a backup was restored, no position from after the backup is valid, at any revision', async () => {
  using folder = new TemporaryFolder()
  const [file, backup] = [folder.file('registry.db'), folder.file('backup.db')]
  const before = await whileRunning(file, async (registry) => {
    await registry.register(['a', 'b'])
    return HeldPositions.of(registry.url, 'a')
  })
  await copyFile(file, backup)
  const after = await whileRunning(file, async (registry) => {
    expect(await before.outcomesAt(registry.url)).toEqual(ALL_CURRENT)
    await registry.register(['late', 'lost'])
    return HeldPositions.of(registry.url, 'late')
  })
  await copyFile(backup, file)

  await whileRunning(file, async (registry) => {
    // The registry is behind what the client has seen.
    expect(await after.outcomesAt(registry.url)).toEqual({ ...ALL_INVALID, agent: 404 })
    expect(await before.outcomesAt(registry.url)).toEqual(ALL_CURRENT)
    // Other changes, up to the same revision.
    await registry.register(['late', 'other'], 9000)
    expect(await listedBy(registry.url)).toEqual(['a 1', 'b 2', 'late 3', 'other 4'])
    expect(await after.outcomesAt(registry.url)).toEqual(ALL_INVALID)
    expect(await before.outcomesAt(registry.url)).toEqual(ALL_VALID)
    await registry.register(['more', 'and-more'])
    expect(await after.outcomesAt(registry.url)).toEqual(ALL_INVALID)
    await using stream = await EventStreamReader.open(registry.url, '', {
      'last-event-id': after.lastEventId,
    })
    await stream.untilSynced()
    const held = [...stream.held.values()].map(({ agent_id: id, revision }) => `${id} ${revision}`)
    expect(held).toEqual(await listedBy(registry.url))
  })
  await whileRunning(file, async (registry) => {
    expect(await after.outcomesAt(registry.url)).toEqual(ALL_INVALID)
    expect(await before.outcomesAt(registry.url)).toEqual(ALL_VALID)
  })
})

test('when two copies go on, positions in one are not valid in the other, but remain so in their own', async () => {
  using folder = new TemporaryFolder()
  const [file, copy] = [folder.file('registry.db'), folder.file('copy.db')]
  const common = await whileRunning(file, async (registry) => {
    await registry.register(['a', 'b'])
    return HeldPositions.of(registry.url, 'b')
  })
  await copyFile(file, copy)
  await using one = await RunningRegistry.start(`sqlite:///${file}`)
  await using other = await RunningRegistry.start(`sqlite:///${copy}`)
  await one.register(['c', 'd'], 8001)
  await other.register(['c', 'd'], 8002)
  const [ofOne, ofOther] = [
    await HeldPositions.of(one.url, 'd'),
    await HeldPositions.of(other.url, 'd'),
  ]
  expect(await ofOne.outcomesAt(other.url)).toEqual(ALL_INVALID)
  expect(await ofOther.outcomesAt(one.url)).toEqual(ALL_INVALID)
  for (const { url } of [one, other]) expect(await common.outcomesAt(url)).toEqual(ALL_VALID)
  expect(await ofOne.outcomesAt(one.url)).toEqual(ALL_CURRENT)
  expect(await ofOther.outcomesAt(other.url)).toEqual(ALL_CURRENT)
})

test('restarts leave every position valid', async () => {
  using folder = new TemporaryFolder()
  const file = folder.file('registry.db')
  const held: HeldPositions[] = []
  for (let start = 1; start <= 4; start++) {
    await whileRunning(file, async (registry) => {
      await registry.register([`agent-${start}`, `other-${start}`])
      for (const positions of held) {
        expect(await positions.outcomesAt(registry.url)).toEqual(ALL_VALID)
      }
      held.push(await HeldPositions.of(registry.url, `agent-${start}`))
    })
    await whileRunning(file, async (registry) => {
      expect(await held.at(-1)?.outcomesAt(registry.url)).toEqual(ALL_CURRENT)
    })
  }
})
