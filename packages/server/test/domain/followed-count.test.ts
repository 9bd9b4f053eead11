import { describe, expect, test } from 'vitest'
import { FollowedCount } from '../../src/domain/followed-count.ts'
import { TransitionListeners } from '../../src/storage/transition-listeners.ts'
import { transitionOf } from '../feed/support/sample-transition.ts'

/** Counts transitions, so that one that is missed, or counted twice, shows. */
class Counter {
  total: number

  constructor(total: number) {
    this.total = total
  }

  apply(): void {
    this.total++
  }
}

/** A history of which as many transitions are counted as its revision says, when the test lets them be. */
function countedHistory() {
  const bus = new TransitionListeners()
  const counts: PromiseWithResolvers<number>[] = []
  const count = new FollowedCount({ subscribe: (...args) => bus.subscribe(...args) }, async () => {
    const next = Promise.withResolvers<number>()
    counts.push(next)
    const revision = await next.promise
    return { counter: new Counter(revision), revision }
  })
  return {
    count,
    counts,
    /** Delivers a transition. */
    deliver: (revision: number) =>
      bus.notify([
        transitionOf('registered', { before: undefined, after: 'alive ready' }, { revision }),
      ]),
    replace: () => bus.notifyReplaced({ epoch: 'e', revision: 0, branches: [] }),
  }
}

describe('a count that is followed', () => {
  test('is made once, and continues with the transitions after its revision', async () => {
    const { count, counts, deliver } = countedHistory()
    expect(count.current).toBeUndefined()
    const both = [count.get(), count.get()]
    counts[0]?.resolve(5)
    const [first, second] = await Promise.all(both)
    expect(first).toBe(second)
    // Arrives late: it is counted already.
    deliver(5)
    deliver(6)
    deliver(7)
    expect((await count.get()).total).toBe(7)
    expect(count.current?.total).toBe(7)
    expect(counts).toHaveLength(1)
  })

  test('has the transitions that arrive meanwhile, unless they are in it', async () => {
    const { count, counts, deliver } = countedHistory()
    const counting = count.get()
    for (const revision of [4, 5, 6, 7]) deliver(revision)
    counts[0]?.resolve(5)
    expect((await counting).total).toBe(7)
    deliver(8)
    expect(count.current?.total).toBe(8)
  })

  test('is made anew when the history was replaced', async () => {
    const { count, counts, deliver, replace } = countedHistory()
    const first = count.get()
    counts[0]?.resolve(5)
    await first
    replace()
    expect(count.current).toBeUndefined()
    const second = count.get()
    counts[1]?.resolve(2)
    expect((await second).total).toBe(2)
    deliver(3)
    expect(count.current?.total).toBe(3)
  })

  test('is made anew when the history is replaced meanwhile, whichever ends first', async () => {
    for (const order of [
      [0, 1],
      [1, 0],
    ]) {
      const { count, counts, deliver, replace } = countedHistory()
      const first = count.get()
      deliver(6)
      replace()
      const second = count.get()
      deliver(3)
      for (const index of order) counts[index]?.resolve(index === 0 ? 5 : 2)
      expect((await first).total).toBe(3)
      expect(await second).toBe(await first)
      expect(count.current).toBe(await first)
      expect(counts).toHaveLength(2)
    }
  })

  test('is tried again by the next call when it fails', async () => {
    const { count, counts } = countedHistory()
    const failing = count.get()
    counts[0]?.reject(new Error('the store is away'))
    await expect(failing).rejects.toThrow('away')
    const next = count.get()
    counts[1]?.resolve(5)
    expect((await next).total).toBe(5)
  })

  test('of a history that was replaced leaves the next one alone when it fails', async () => {
    const { count, counts, replace } = countedHistory()
    const failing = count.get()
    replace()
    const next = count.get()
    counts[0]?.reject(new Error('the store is away'))
    await expect(failing).rejects.toThrow('away')
    counts[1]?.resolve(2)
    expect((await next).total).toBe(2)
    expect(await count.get()).toBe(await next)
    expect(counts).toHaveLength(2)
  })
})
