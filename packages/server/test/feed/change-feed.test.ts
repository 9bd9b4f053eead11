import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { eventually } from '../../../../test/http/support/eventually.ts'
import type { AgentFilter } from '../../src/domain/query/agent-filter.ts'
import { AgentMatcher } from '../../src/domain/query/agent-matcher.ts'
import { ChangeFeed } from '../../src/feed/change-feed.ts'
import { SERVER_LIMITS } from '../../src/limits/server-limits.ts'
import { Follower, History } from './support/feed-history.ts'

/** More than the feed keeps in memory. */
const TOO_MANY = SERVER_LIMITS.feedBacklog.value + 550

const FILTERS: readonly AgentFilter[] = [{}, { capabilities: ['x'] }, { statuses: ['busy'] }]

function feedOf(history: History): ChangeFeed {
  const { revision } = history
  return new ChangeFeed({
    bus: history,
    revision,
    encode: ({ transition }) => `${transition.revision} `,
    history,
    loads: { listAll: async function* () {} },
    encodeLoads: () => '',
  })
}

/** A follower that has joined now. */
function follow(feed: ChangeFeed, history: History, filter: AgentFilter = {}): Follower {
  const follower = new Follower(feed, filter, history.revision)
  follower.catchUp(history, 1)
  expect(follower.hasJoined).toBe(true)
  return follower
}

const turn = () => new Promise(setImmediate)

/** A filter that is none, and another one for each number. */
const differing = (number: number): AgentFilter => ({ text: ' '.repeat(number) })

describe('the change feed', () => {
  test('tells those who are there of what happens, once for many changes of one turn', async () => {
    const history = new History()
    const feed = feedOf(history)
    const [first, second] = [follow(feed, history), follow(feed, history)]
    history.happen(0, 1)
    history.happen(2)
    await eventually(() => second.received).toEqual([1, 2, 3])
    expect(first.received).toEqual([1, 2, 3])
    expect([first.calls, second.calls]).toEqual([1, 1])
    expect(feed.stats).toEqual({ readers: 2, wakeUps: 2, deliveries: 6 })
  })

  test('tells each filter its own', async () => {
    const history = new History()
    const feed = feedOf(history)
    const followers = FILTERS.map((filter) => follow(feed, history, filter))
    history.happen(0, 1, 2, 3)
    await eventually(() => followers.map(({ received }) => received)).toEqual([
      [1, 2, 3, 4],
      [2, 4],
      [3, 4],
    ])
  })

  test('says nothing to those for whom there is nothing', async () => {
    const history = new History()
    const feed = feedOf(history)
    const [everything, nothing] = [follow(feed, history), follow(feed, history, { name: 'nobody' })]
    history.happen(0, 1, 2)
    await eventually(() => everything.received).toHaveLength(3)
    expect(nothing.calls).toBe(0)
    expect(feed.stats.deliveries).toBe(3)
  })

  test('gives others their turn between readers whose writes take long, which Node does later', async () => {
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
    history.happen(0)
    await eventually(() => written).toBe(READERS)
    expect(seenIn.size).toBeGreaterThan(5)
  })

  test('does not let in who has missed something', () => {
    const history = new History()
    const feed = feedOf(history)
    const late = new Follower(feed, {}, 0)
    history.happen(0)
    expect(feed.join(late, '{}', late.matcher)).toBe(false)
    expect(feed.stats.readers).toBe(0)
  })

  test('tells who joins while a batch waits only what it does not know', async () => {
    const history = new History()
    const feed = feedOf(history)
    const before = follow(feed, history)
    history.happen(0, 1)
    // Knows both from the history, and joins before they were handed out.
    const between = new Follower(feed, {}, 0)
    between.catchUp(history, 10)
    between.catchUp(history, 10)
    expect(between.hasJoined).toBe(true)
    history.happen(2)
    await eventually(() => before.received).toEqual([1, 2, 3])
    expect(between.received).toEqual([1, 2, 3])
  })

  test('forgets who has left, also in the middle of a turn', async () => {
    const history = new History()
    const feed = feedOf(history)
    const [staying, leaving] = [follow(feed, history), follow(feed, history)]
    history.happen(0)
    leaving.leave()
    leaving.leave()
    await eventually(() => staying.received).toEqual([1])
    expect(leaving.received).toEqual([])
    expect(feed.stats.readers).toBe(1)
  })

  test('goes on when a reader leaves while it is received', async () => {
    const history = new History()
    const feed = feedOf(history)
    const followers = Array.from({ length: 100 }, () => follow(feed, history))
    for (const follower of followers.slice(0, 50)) {
      follower.deliver = () => follower.leave()
    }
    history.happen(0)
    await eventually(() => followers.filter(({ received }) => received.length === 1)).toHaveLength(
      50,
    )
    expect(feed.stats.readers).toBe(50)
  })

  test('lets others have their turn while it tells many', async () => {
    const history = new History()
    const feed = feedOf(history)
    const followers = Array.from({ length: 3000 }, () => follow(feed, history))
    for (let round = 0; round < 20; round++) history.happen(...Array.from({ length: 50 }, () => 0))
    // The first is told of a batch, then others have turns before the last of them is.
    let turnsBetween = 0
    while ((followers.at(-1)?.received.length ?? 0) < 1000) {
      await turn()
      const [first, last] = [followers.at(0)?.received.length, followers.at(-1)?.received.length]
      if (first !== last) turnsBetween++
    }
    expect(followers.at(-1)?.received).toHaveLength(1000)
    expect(turnsBetween).toBeGreaterThan(10)
  })

  test('reads from the history what is too much to keep, and tells it once and in order', async () => {
    const history = new History()
    const feed = feedOf(history)
    const followers = FILTERS.map((filter) => follow(feed, history, filter))
    history.happen(...Array.from({ length: TOO_MANY }, (_, kind) => kind))
    await eventually(() => history.reads).toBeGreaterThan(3)
    history.happen(0, 1, 2, 3)
    await eventually(() => followers[0]?.received).toHaveLength(TOO_MANY + 4)
    for (const follower of followers) expect(follower.received).toEqual(follower.expected(history))
    const { reads } = history
    history.happen(0, 1, 2, 3)
    await eventually(() => followers[0]?.received).toHaveLength(TOO_MANY + 8)
    expect(history.reads).toBe(reads)
  })

  test('does not hand out what the history has before it hears of it', async () => {
    const history = new History()
    const feed = feedOf(history)
    const follower = follow(feed, history)
    // As of another node, whose news is on its way when the last of the others are read.
    history.beforeRead = (revision) => {
      if (revision === TOO_MANY - 50) history.happenUnheard(0, 1, 2)
    }
    history.happen(...Array.from({ length: TOO_MANY }, () => 0))
    await eventually(() => history.revision).toBe(TOO_MANY + 3)
    await eventually(() => follower.received.length).toBeGreaterThanOrEqual(TOO_MANY)
    history.tellUnheard()
    await eventually(() => follower.received).toHaveLength(TOO_MANY + 3)
    expect(follower.received).toEqual(follower.expected(history))
    expect(follower.hasJoined).toBe(true)
  })

  test('lets its readers go on by themselves when the history no longer reaches back', async () => {
    const history = new History()
    const feed = feedOf(history)
    const follower = follow(feed, history)
    history.oldest = TOO_MANY
    history.happen(...Array.from({ length: TOO_MANY }, () => 0))
    await eventually(() => follower.hasJoined).toBe(false)
    expect(feed.stats.readers).toBe(0)
    follower.catchUp(history, TOO_MANY)
    follower.catchUp(history, 1)
    expect(follower.hasJoined).toBe(true)
    history.happen(0)
    await eventually(() => follower.received).toEqual(follower.expected(history))
  })

  test('lets others have their turn while it works out what happened for many filters', async () => {
    const history = new History()
    const feed = feedOf(history)
    const [first] = Array.from({ length: 5000 }, (_, at) => follow(feed, history, differing(at)))
    history.happen(...Array.from({ length: 50 }, () => 0))
    // No batch was sent before, so that the feed does not pause.
    let turns = 0
    for (; first?.received.length === 0; turns++) await turn()
    expect(turns).toBeGreaterThan(5)
  })

  test('lets others have their turn between readers of different filters', async () => {
    const history = new History()
    const feed = feedOf(history)
    const followers = Array.from({ length: 5000 }, (_, at) => follow(feed, history, differing(at)))
    const [first, last] = [followers.at(0), followers.at(-1)]
    history.happen(0)
    let turnsBetween = 0
    while (last?.received.length === 0) {
      await turn()
      if (first?.received.length !== last.received.length) turnsBetween++
    }
    expect(turnsBetween).toBeGreaterThan(2)
  })

  test('tells nobody anything when it is closed', async () => {
    const history = new History()
    const feed = feedOf(history)
    const follower = follow(feed, history)
    history.happen(0)
    feed.close()
    history.happen(1)
    for (let turns = 0; turns < 10; turns++) await turn()
    expect(follower.received).toEqual([])
    expect(feed.stats.readers).toBe(0)
  })
})

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ happen: fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 5 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ happen: fc.constant(Array.from({ length: 250 }, (_, i) => i)) }),
  },
  { weight: 4, arbitrary: fc.record({ begin: fc.nat({ max: 2 }), behind: fc.nat({ max: 8 }) }) },
  {
    weight: 6,
    arbitrary: fc.record({ catchUp: fc.nat({ max: 9 }), limit: fc.integer({ min: 1, max: 9 }) }),
  },
  { weight: 2, arbitrary: fc.record({ leave: fc.nat({ max: 9 }) }) },
  { weight: 4, arbitrary: fc.record({ turns: fc.integer({ min: 1, max: 3 }) }) },
)

test('whenever they join and leave, nobody is told anything twice, or not at all', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const history = new History()
      const feed = feedOf(history)
      const followers: Follower[] = []
      for (const each of steps) {
        if ('happen' in each) history.happen(...each.happen)
        else if ('begin' in each) {
          const since = Math.max(0, history.revision - each.behind)
          followers.push(new Follower(feed, FILTERS[each.begin] ?? {}, since))
        } else if ('catchUp' in each) followers[each.catchUp]?.catchUp(history, each.limit)
        else if ('leave' in each) followers[each.leave]?.leave()
        else for (let turns = 0; turns < each.turns; turns++) await turn()
      }
      const there = followers.filter(({ leftAt }) => leftAt === undefined)
      for (const follower of there) while (!follower.hasJoined) follower.catchUp(history, 100)
      await eventually(() => there.map(({ received }) => received)).toEqual(
        there.map((follower) => follower.expected(history)),
      )
      for (const follower of followers)
        expect(follower.received).toEqual(follower.expected(history))
      expect(feed.stats.readers).toBe(there.length)
      feed.close()
    }),
    { numRuns: 200 },
  )
})
