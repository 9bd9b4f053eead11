import { describe, expect, test } from 'vitest'
import { eventually } from '../../../../test/http/support/eventually.ts'
import type { AgentFilter } from '../../src/domain/query/agent-filter.ts'
import { AgentMatcher } from '../../src/domain/query/agent-matcher.ts'
import type { ChangeFeed } from '../../src/feed/change-feed.ts'
import { SERVER_LIMITS } from '../../src/limits/server-limits.ts'
import { FILTERS, Follower, feedOf, History } from './support/feed-history.ts'

/** More than the feed buffers in memory. */
const OVERFLOW = SERVER_LIMITS.feedBacklog.value + 550

/** Creates a follower that has joined. */
function follow(feed: ChangeFeed, history: History, filter: AgentFilter = {}): Follower {
  const follower = new Follower(feed, filter, history.revision)
  follower.catchUp(history, 1)
  expect(follower.hasJoined).toBe(true)
  return follower
}

const nextRound = () => new Promise(setImmediate)

/** A filter that matches everything, but is different for each number. */
const distinct = (number: number): AgentFilter => ({ text: ' '.repeat(number) })

describe('the change feed', () => {
  test('delivers transitions to its readers, together if they happen in one round', async () => {
    const history = new History()
    const feed = feedOf(history)
    const [first, second] = [follow(feed, history), follow(feed, history)]
    history.append(0, 1)
    history.append(2)
    await eventually(() => second.received).toEqual([1, 2, 3])
    expect(first.received).toEqual([1, 2, 3])
    expect([first.calls, second.calls]).toEqual([1, 1])
    expect(feed.stats).toEqual({ readers: 2, wakeUps: 2, deliveries: 6 })
  })

  test('delivers to each filter only what matches', async () => {
    const history = new History()
    const feed = feedOf(history)
    const followers = FILTERS.map((filter) => follow(feed, history, filter))
    history.append(0, 1, 2, 3)
    await eventually(() => followers.map(({ received }) => received)).toEqual([
      [1, 2, 3, 4],
      [2, 4],
      [3, 4],
    ])
  })

  test('does not call readers for which nothing matches', async () => {
    const history = new History()
    const feed = feedOf(history)
    const [everything, nothing] = [
      follow(feed, history),
      follow(feed, history, { name: 'unknown' }),
    ]
    history.append(0, 1, 2)
    await eventually(() => everything.received).toHaveLength(3)
    expect(nothing.calls).toBe(0)
    expect(feed.stats.deliveries).toBe(3)
  })

  test('yields between readers with slow writes, which Node defers', async () => {
    const history = new History()
    const feed = feedOf(history)
    let rounds = 0
    const seenIn = new Set<number>()
    const count = (): void => {
      rounds++
      if (written < READERS) setImmediate(count)
    }
    const READERS = 60
    let written = 0
    const write = (): void => {
      const began = performance.now()
      while (performance.now() - began < 1);
      seenIn.add(rounds)
      written++
    }
    const deliver = (): void => process.nextTick(write)
    const nothing = (): void => undefined
    for (let at = 0; at < READERS; at++) {
      const reader = { joinedAt: 0, loads: undefined, deliver, idle: nothing, fallBehind: nothing }
      expect(feed.join(reader, 'all', new AgentMatcher({}))).toBe(true)
    }
    count()
    history.append(0)
    await eventually(() => written).toBe(READERS)
    expect(seenIn.size).toBeGreaterThan(5)
  })

  test('does not admit a reader that has missed something', () => {
    const history = new History()
    const feed = feedOf(history)
    const late = new Follower(feed, {}, 0)
    history.append(0)
    expect(feed.join(late, '{}', late.matcher)).toBe(false)
    expect(feed.stats.readers).toBe(0)
  })

  test('delivers to a reader that joins while a batch is pending only what it does not know', async () => {
    const history = new History()
    const feed = feedOf(history)
    const before = follow(feed, history)
    history.append(0, 1)
    // Knows both from the history, and joins before they are delivered.
    const between = new Follower(feed, {}, 0)
    between.catchUp(history, 10)
    between.catchUp(history, 10)
    expect(between.hasJoined).toBe(true)
    history.append(2)
    await eventually(() => before.received).toEqual([1, 2, 3])
    expect(between.received).toEqual([1, 2, 3])
  })

  test('delivers nothing to a reader that has left, even in the middle of a round', async () => {
    const history = new History()
    const feed = feedOf(history)
    const [staying, leaving] = [follow(feed, history), follow(feed, history)]
    history.append(0)
    leaving.leave()
    leaving.leave()
    await eventually(() => staying.received).toEqual([1])
    expect(leaving.received).toEqual([])
    expect(feed.stats.readers).toBe(1)
  })

  test('continues when a reader leaves during delivery', async () => {
    const history = new History()
    const feed = feedOf(history)
    const followers = Array.from({ length: 100 }, () => follow(feed, history))
    for (const follower of followers.slice(0, 50)) {
      follower.deliver = () => follower.leave()
    }
    history.append(0)
    await eventually(() => followers.filter(({ received }) => received.length === 1)).toHaveLength(
      50,
    )
    expect(feed.stats.readers).toBe(50)
  })

  test('yields to other work while it delivers to many readers', async () => {
    const history = new History()
    const feed = feedOf(history)
    const followers = Array.from({ length: 3000 }, () => follow(feed, history))
    for (let round = 0; round < 20; round++) history.append(...Array.from({ length: 50 }, () => 0))
    // Other work runs between the delivery of a batch to the first and to the last reader.
    let roundsBetween = 0
    while ((followers.at(-1)?.received.length ?? 0) < 1000) {
      await nextRound()
      const [first, last] = [followers.at(0)?.received.length, followers.at(-1)?.received.length]
      if (first !== last) roundsBetween++
    }
    expect(followers.at(-1)?.received).toHaveLength(1000)
    expect(roundsBetween).toBeGreaterThan(10)
  })

  test('reads from the history what it cannot buffer, and delivers it once and in order', async () => {
    const history = new History()
    const feed = feedOf(history)
    const followers = FILTERS.map((filter) => follow(feed, history, filter))
    history.append(...Array.from({ length: OVERFLOW }, (_, kind) => kind))
    await eventually(() => history.reads).toBeGreaterThan(3)
    history.append(0, 1, 2, 3)
    await eventually(() => followers[0]?.received).toHaveLength(OVERFLOW + 4)
    for (const follower of followers) expect(follower.received).toEqual(follower.expected(history))
    const { reads } = history
    history.append(0, 1, 2, 3)
    await eventually(() => followers[0]?.received).toHaveLength(OVERFLOW + 8)
    expect(history.reads).toBe(reads)
  })

  test('does not deliver transitions of the history that it has not observed yet', async () => {
    const history = new History()
    const feed = feedOf(history)
    const follower = follow(feed, history)
    // Like those of another node whose notification is in flight when the last others are read.
    history.beforeRead = (revision) => {
      if (revision === OVERFLOW - 50) history.appendUnpublished(0, 1, 2)
    }
    history.append(...Array.from({ length: OVERFLOW }, () => 0))
    await eventually(() => history.revision).toBe(OVERFLOW + 3)
    await eventually(() => follower.received.length).toBeGreaterThanOrEqual(OVERFLOW)
    history.publishPending()
    await eventually(() => follower.received).toHaveLength(OVERFLOW + 3)
    expect(follower.received).toEqual(follower.expected(history))
    expect(follower.hasJoined).toBe(true)
  })

  test('drops its readers when the history no longer reaches back', async () => {
    const history = new History()
    const feed = feedOf(history)
    const follower = follow(feed, history)
    history.oldest = OVERFLOW
    history.append(...Array.from({ length: OVERFLOW }, () => 0))
    await eventually(() => follower.hasJoined).toBe(false)
    expect(feed.stats.readers).toBe(0)
    follower.catchUp(history, OVERFLOW)
    follower.catchUp(history, 1)
    expect(follower.hasJoined).toBe(true)
    history.append(0)
    await eventually(() => follower.received).toEqual(follower.expected(history))
  })

  test('yields to other work while it matches many filters', async () => {
    const history = new History()
    const feed = feedOf(history)
    const [first] = Array.from({ length: 5000 }, (_, at) => follow(feed, history, distinct(at)))
    history.append(...Array.from({ length: 50 }, () => 0))
    // No batch was sent before, so the feed does not pause.
    let rounds = 0
    for (; first?.received.length === 0; rounds++) await nextRound()
    expect(rounds).toBeGreaterThan(5)
  })

  test('yields to other work between readers of different filters', async () => {
    const history = new History()
    const feed = feedOf(history)
    const followers = Array.from({ length: 5000 }, (_, at) => follow(feed, history, distinct(at)))
    const [first, last] = [followers.at(0), followers.at(-1)]
    history.append(0)
    let roundsBetween = 0
    while (last?.received.length === 0) {
      await nextRound()
      if (first?.received.length !== last.received.length) roundsBetween++
    }
    expect(roundsBetween).toBeGreaterThan(2)
  })

  test('delivers nothing after it is closed', async () => {
    const history = new History()
    const feed = feedOf(history)
    const follower = follow(feed, history)
    history.append(0)
    feed.close()
    history.append(1)
    for (let rounds = 0; rounds < 10; rounds++) await nextRound()
    expect(follower.received).toEqual([])
    expect(feed.stats.readers).toBe(0)
  })
})
