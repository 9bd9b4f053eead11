// Readers that join and leave at random moments.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { eventually } from '../../../../test/http/support/eventually.ts'
import { FILTERS, Follower, feedOf, History } from './support/feed-history.ts'

const nextRound = () => new Promise(setImmediate)

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ append: fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 5 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ append: fc.constant(Array.from({ length: 250 }, (_, i) => i)) }),
  },
  { weight: 4, arbitrary: fc.record({ begin: fc.nat({ max: 2 }), behind: fc.nat({ max: 8 }) }) },
  {
    weight: 6,
    arbitrary: fc.record({ catchUp: fc.nat({ max: 9 }), limit: fc.integer({ min: 1, max: 9 }) }),
  },
  { weight: 2, arbitrary: fc.record({ leave: fc.nat({ max: 9 }) }) },
  { weight: 4, arbitrary: fc.record({ rounds: fc.integer({ min: 1, max: 3 }) }) },
)

test('readers receive everything exactly once, whenever they join and leave', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const history = new History()
      const feed = feedOf(history)
      const followers: Follower[] = []
      for (const each of steps) {
        if ('append' in each) history.append(...each.append)
        else if ('begin' in each) {
          const since = Math.max(0, history.revision - each.behind)
          followers.push(new Follower(feed, FILTERS[each.begin] ?? {}, since))
        } else if ('catchUp' in each) followers[each.catchUp]?.catchUp(history, each.limit)
        else if ('leave' in each) followers[each.leave]?.leave()
        else for (let rounds = 0; rounds < each.rounds; rounds++) await nextRound()
      }
      const remaining = followers.filter(({ leftAt }) => leftAt === undefined)
      for (const follower of remaining) while (!follower.hasJoined) follower.catchUp(history, 100)
      await eventually(() => remaining.map(({ received }) => received)).toEqual(
        remaining.map((follower) => follower.expected(history)),
      )
      for (const follower of followers)
        expect(follower.received).toEqual(follower.expected(history))
      expect(feed.stats.readers).toBe(remaining.length)
      feed.close()
    }),
    { numRuns: 200 },
  )
})
