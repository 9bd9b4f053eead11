import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { eventually } from '../../../../test/http/support/eventually.ts'
import type { FeedEvent } from '../../src/feed/feed-event.ts'
import { LoadFeed } from '../../src/feed/load-feed.ts'
import {
  encode,
  LoadSourceUnderTest,
  type Loads,
  RecordingReader,
} from './support/recording-reader.ts'
import { agentWithLoad, eventOf } from './support/sample-loads.ts'

let source: LoadSourceUnderTest
let feed: LoadFeed
let due: number

beforeEach(() => {
  source = new LoadSourceUnderTest()
  due = 0
  feed = new LoadFeed({ source, encode, due: () => due++ })
})
afterEach(() => feed.close())

/** Creates a reader that has joined, with a list of these loads. */
async function follow(loads: Loads, reader = new RecordingReader()) {
  source.list = Object.entries(loads).map(([agentId, load]) => agentWithLoad(agentId, load, 0))
  const audience = feed.open({})
  feed.join(audience, reader, 0)
  await eventually(() => due).toBeGreaterThan(0)
  await feed.serve(0)
  expect(reader.current).toBeDefined()
  const observe = (...events: FeedEvent[]) => feed.observe(audience, events)
  return { audience, reader, observe }
}

describe('a reader of loads', () => {
  test('receives all loads first, and then those that change', async () => {
    const { reader } = await follow({ a: 0.1, b: null })
    expect(reader.all).toEqual({ a: 0.1, b: null })
    source.report('a', 0.5, 1)
    source.report('b', 0.52, 1)
    source.report('b', 0.53, 2)
    await feed.serve(0)
    await feed.serve(0)
    expect(reader.reports).toEqual([{ a: 0.5, b: 0.53 }])
    expect(reader.all).toEqual({ a: 0.5, b: 0.53 })
  })

  test.each([
    [0.1, 0.15, true],
    [0.1, 0.149, false],
    [0.9, 0.85, true],
    [0.9, 0.851, false],
    [null, 0, true],
    [0, null, true],
    [null, null, false],
  ] as const)('receives a change from %s to %s: %s', async (from, to, isSent) => {
    const { reader } = await follow({ a: from })
    source.report('a', to, 1)
    await feed.serve(0)
    expect(reader.reports).toEqual(isSent ? [{ a: to }] : [])
  })

  test('receives small changes once they add up', async () => {
    const { reader } = await follow({ a: 0.1 })
    for (const [atMs, load] of [0.13, 0.16, 0.19, 0.2].entries()) {
      source.report('a', load, atMs + 1)
      await feed.serve(0)
    }
    expect(reader.reports).toEqual([{ a: 0.16 }])
  })

  test('does not receive a change that was reverted', async () => {
    const { reader } = await follow({ a: 0.1 })
    source.report('a', 0.9, 1)
    source.report('a', 0.1, 2)
    await feed.serve(0)
    expect(reader.reports).toEqual([])
  })

  test('does not receive a report that is older than its state', async () => {
    const { reader, observe } = await follow({ a: 0.1, b: 0.1 })
    source.report('a', 0.9, 1000)
    source.report('a', 0.3, 999)
    observe(eventOf('updated', agentWithLoad('b', 0.7, 1000), { listed: true }))
    source.report('b', 0.3, 999)
    await feed.serve(0)
    expect(reader.reports).toEqual([{ a: 0.9 }])
  })

  test('receives a report again that an older transition has overwritten', async () => {
    const { reader, observe } = await follow({ a: 0.1 })
    source.report('a', 0.9, 1000)
    await feed.serve(0)
    observe(eventOf('updated', agentWithLoad('a', 0.3, 999), { listed: true }))
    await feed.serve(0)
    expect(reader.reports).toEqual([{ a: 0.9 }, { a: 0.9 }])
  })

  test('receives reports again after the clock was set back', async () => {
    const { reader } = await follow({ a: 0.1 })
    source.report('a', 0.9, 3_600_000)
    source.report('a', 0.5, 1000)
    await feed.serve(0)
    expect(reader.reports).toEqual([{ a: 0.5 }])
  })

  test('receives no report of an agent that has left its list', async () => {
    const { reader, observe } = await follow({ a: 0.1, b: 0.1 })
    source.report('a', 0.9, 1)
    observe(eventOf('left', agentWithLoad('a', 0.9, 1), { listed: false }))
    source.report('a', 0.5, 2)
    source.report('b', 0.5, 2)
    await feed.serve(0)
    expect(reader.reports).toEqual([{ b: 0.5 }])
    expect(reader.all).toEqual({ b: 0.5 })
  })

  test('receives what an agent reported before its event arrived', async () => {
    const { reader, observe } = await follow({})
    source.report('new', 0.8, 5)
    observe(eventOf('registered', agentWithLoad('new', 0.1, 5), { listed: true }))
    await feed.serve(0)
    expect(reader.reports).toEqual([{ new: 0.8 }])
    // But not indefinitely: two seconds later the report is discarded.
    source.report('late', 0.8, 5)
    feed.tick()
    feed.tick()
    observe(eventOf('registered', agentWithLoad('late', 0.1, 5), { listed: true }))
    await feed.serve(0)
    expect(reader.reports).toEqual([{ new: 0.8 }])
  })

  test('receives nothing after it has left', async () => {
    const { audience, reader } = await follow({ a: 0.1 })
    source.report('a', 0.9, 1)
    expect(feed.leave(audience, reader)).toBe(true)
    await feed.serve(0)
    expect(reader.reports).toEqual([])
    expect(source.listeners.size).toBe(0)
  })

  test('that is ahead of the feed joins once the feed has caught up', async () => {
    const { audience } = await follow({ a: 0.1 })
    const ahead = new RecordingReader()
    feed.join(audience, ahead, 7)
    await feed.serve(6)
    source.report('a', 0.9, 1)
    await feed.serve(6)
    expect(ahead).toMatchObject({ current: undefined, reports: [] })
    await feed.serve(7)
    expect(ahead.all).toEqual({ a: 0.9 })
  })
})

describe('a load that a reader knows from its snapshot', () => {
  test('is not sent again', async () => {
    const { reader } = await follow({ a: 0.1, b: 0.2 }, new RecordingReader({ a: 0.1, b: 0.2 }))
    expect(reader.all).toEqual({})
  })

  test('is the baseline of changes, if it is the only follower', async () => {
    // It was 0.1 in the snapshot, and 0.14 when the list was read.
    const { reader } = await follow({ a: 0.14 }, new RecordingReader({ a: 0.1 }))
    expect(reader.all).toEqual({})
    source.report('a', 0.15, 1)
    await feed.serve(0)
    expect(reader.reports).toEqual([{ a: 0.15 }])
  })

  test('is replaced by what the others hold, if there are others', async () => {
    const { audience, reader } = await follow({ a: 0.1 })
    const second = new RecordingReader({ a: 0.14 })
    feed.join(audience, second, 0)
    await feed.serve(0)
    expect(second.all).toEqual({ a: 0.1 })
    source.report('a', 0.15, 1)
    await feed.serve(0)
    expect([reader.reports, second.reports]).toEqual([[{ a: 0.15 }], [{ a: 0.15 }]])
  })
})

test('readers of several filters receive the same loads for the same agent, and only their own agents', async () => {
  const { audience, reader } = await follow({ a: 0.1, b: 0.1 })
  source.list = [agentWithLoad('a', 0.12, 1)]
  const other = new RecordingReader({ a: 0.14 })
  const narrow = feed.open({ name: 'a' })
  feed.join(narrow, other, 0)
  const before = due
  await eventually(() => due).toBeGreaterThan(before)
  await feed.serve(0)
  expect(other.all).toEqual({ a: 0.1 })
  // A change relative to what the first one holds, not to what the second one started with.
  source.report('a', 0.15, 2)
  source.report('b', 0.6, 2)
  await feed.serve(0)
  expect([reader.reports, other.reports]).toEqual([[{ a: 0.15, b: 0.6 }], [{ a: 0.15 }]])
  // The last reader of one filter has left; the other continues.
  feed.leave(audience, reader)
  source.report('a', 0.9, 3)
  await feed.serve(0)
  expect(other.reports.at(-1)).toEqual({ a: 0.9 })
})

test('events during the read of the list take precedence over the list', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  source.gate = promise
  source.list = ['gone', 'moved', 'calm'].map((id) => agentWithLoad(id, 0.1, 0))
  const reader = new RecordingReader()
  const audience = feed.open({})
  feed.join(audience, reader, 0)
  await sleep(0)
  feed.observe(audience, [
    eventOf('expired', agentWithLoad('gone', 0.1, 0), { listed: false }),
    eventOf('updated', agentWithLoad('moved', 0.7, 5), { listed: true }),
  ])
  source.report('calm', 0.3, 6)
  resolve()
  await eventually(() => due).toBe(1)
  await feed.serve(0)
  await feed.serve(0)
  expect({ ...reader.all, ...reader.reports.at(-1) }).toEqual({ moved: 0.7, calm: 0.3 })
})

test('without load reports of the store, the loads of its list and events are used', async () => {
  feed = new LoadFeed({ source: { listAll: () => source.listAll() }, encode, due: () => due++ })
  const { reader, observe } = await follow({ a: 0.1 })
  expect(reader.all).toEqual({ a: 0.1 })
  observe(eventOf('updated', agentWithLoad('a', 0.5, 1), { listed: true }))
  await feed.serve(0)
  // The event has already reported it.
  expect(reader.reports).toEqual([])
  expect(reader.all).toEqual({ a: 0.5 })
})

test('a list that cannot be read is retried', async () => {
  source.failures = 1
  const { reader } = await follow({ a: 0.1 })
  expect(reader.all).toEqual({ a: 0.1 })
})

test('rounds are a second apart, and none is due while nothing changes', async () => {
  await follow({ a: 0 })
  const firstRoundAt = performance.now()
  source.report('a', 1, 1)
  expect(due).toBe(1)
  await eventually(() => due).toBe(2)
  expect(performance.now() - firstRoundAt).toBeGreaterThanOrEqual(990)
  await feed.serve(0)
  const before = due
  source.report('a', 0.99, 9)
  source.report('unknown', 0.9, 9)
  await sleep(50)
  expect([due, feed.isDue]).toEqual([before, false])
})

test('a thousand changes are sent in texts of 500', async () => {
  const ids = Array.from({ length: 1200 }, (_, i) => `agent-${i}`)
  const { reader } = await follow(Object.fromEntries(ids.map((id) => [id, 0])))
  for (const id of ids) source.report(id, 1, 1)
  await feed.serve(0)
  expect(reader.reports.map((report) => Object.keys(report).length)).toEqual([500, 500, 200])
})
