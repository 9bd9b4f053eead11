import { expect, test } from 'vitest'
import { FeedWork } from '../../src/feed/feed-work.ts'
import { noteArrival } from '../../src/scheduling/connection-arrivals.ts'
import { type SlicedWork, TimeSlices } from '../../src/scheduling/time-slices.ts'

const SLICE_MS = 1

/** Computes until the slice is over. */
function useUp(work: SlicedWork): void {
  while (!work.isOver);
}

/** Counts rounds of the event loop until it is asked how many they were. */
function roundCounter(): () => number {
  let rounds = 0
  let isOver = false
  const count = (): void => {
    rounds++
    if (!isOver) setImmediate(count)
  }
  setImmediate(count)
  return () => {
    isOver = true
    return rounds
  }
}

test('of many pieces of work, one goes on in each round of the event loop', async () => {
  const slices = new TimeSlices({ longMs: SLICE_MS, shortMs: SLICE_MS })
  let worked = 0
  const countRounds = roundCounter()
  const pieces = Array.from({ length: 50 }, async () => {
    const work = slices.begin()
    await work.next()
    for (let turn = 0; turn < 3; turn++) {
      worked++
      useUp(work)
      await work.next()
    }
  })
  await Promise.all(pieces)
  const rounds = countRounds()
  expect(worked).toBe(150)
  // The last turn of each ends without work, and several of those may share a slice.
  expect(rounds).toBeGreaterThanOrEqual(149)
})

test('short work goes before long work, and in the order in which it began', async () => {
  const slices = new TimeSlices({ longMs: SLICE_MS, shortMs: SLICE_MS })
  const turns: string[] = []
  const run = async (name: string, count: number) => {
    const work = slices.begin()
    for (let turn = 0; turn < count; turn++) {
      await work.next()
      turns.push(name)
      useUp(work)
    }
    work.end()
  }
  const long = [run('long', 40), run('long', 40), run('long', 40)]
  while (turns.length < 45) await new Promise(setImmediate)
  const begun = turns.length
  await Promise.all([run('first', 3), run('second', 3)])
  const since = turns.slice(begun)
  // One of the others may have been in the middle of its turn.
  const first = since.indexOf('first')
  expect(first).toBeLessThanOrEqual(1)
  expect(since.slice(first)).toEqual([...Array(3).fill('first'), ...Array(3).fill('second')])
  await Promise.all(long)
})

test('work that has taken several rounds has less of each than short work', async () => {
  const slices = new TimeSlices({ longMs: 1, shortMs: 20 })
  const work = slices.begin()
  const taken: number[] = []
  for (let round = 0; round < 12; round++) {
    await work.next()
    const began = performance.now()
    useUp(work)
    taken.push(performance.now() - began)
  }
  // Whatever else the machine does, short work has had its whole share, and goes on no earlier.
  expect(Math.min(...taken.slice(0, 4))).toBeGreaterThan(15)
  expect(Math.min(...taken.slice(4))).toBeLessThan(15)
})

test('what short work leaves of a slice is for the next', async () => {
  const slices = new TimeSlices({ shortMs: 50 })
  const busy = slices.begin()
  await busy.next()
  useUp(busy)
  const countRounds = roundCounter()
  const all = Array.from({ length: 100 }, async () => {
    const work = slices.begin()
    await work.next()
    work.end()
  })
  await Promise.all(all)
  expect(countRounds()).toBeLessThanOrEqual(10)
})

test('work that waited for something else begins a slice, which ends', async () => {
  const work = new TimeSlices({ longMs: SLICE_MS, shortMs: SLICE_MS }).begin()
  await work.next()
  for (let round = 0; round < 3; round++) await new Promise(setImmediate)
  expect(work.isOver).toBe(false)
  useUp(work)
  expect(work.isOver).toBe(true)
})

test('work whose steps take longer than a round has no two of them in one', async () => {
  const slices = new TimeSlices({ longMs: SLICE_MS, shortMs: SLICE_MS })
  const countRounds = roundCounter()
  for (let step = 0; step < 10; step++) {
    const work = slices.begin()
    await work.next()
    const end = performance.now() + 10 * SLICE_MS
    while (performance.now() < end);
    work.end()
  }
  expect(countRounds()).toBeGreaterThanOrEqual(9)
})

test('aborted work rejects with the reason, before it begins and while it waits', async () => {
  const slices = new TimeSlices({ longMs: SLICE_MS, shortMs: SLICE_MS })
  const reason = new Error('the client is gone')
  const early = new AbortController()
  early.abort(reason)
  await expect(slices.begin(early.signal).next()).rejects.toBe(reason)

  const busy = slices.begin()
  await busy.next()
  useUp(busy)
  const late = new AbortController()
  const waiting = slices.begin(late.signal).next()
  late.abort(reason)
  await expect(waiting).rejects.toBe(reason)
})

test('aborted work takes no turn from others', async () => {
  const slices = new TimeSlices({ longMs: SLICE_MS, shortMs: SLICE_MS })
  const busy = slices.begin()
  await busy.next()
  useUp(busy)
  const gone = new AbortController()
  const abandoned = Array.from({ length: 1000 }, () => slices.begin(gone.signal).next())
  const countRounds = roundCounter()
  const other = slices.begin().next()
  gone.abort(new Error('gone'))
  await other
  expect(countRounds()).toBeLessThanOrEqual(2)
  const settled = await Promise.allSettled(abandoned)
  expect(settled.every(({ status }) => status === 'rejected')).toBe(true)
})

test('while connections arrive, all work has little of each round', async () => {
  /** Rounds that 50 steps of work take. */
  const roundsOf = async (work: { isOver: boolean; next(): Promise<void> }) => {
    let rounds = 0
    for (let step = 0; step < 50; step++) {
      const began = performance.now()
      while (performance.now() - began < 0.1);
      if (!work.isOver) continue
      rounds++
      await work.next()
    }
    return rounds
  }
  const calm = await roundsOf(new TimeSlices({ shortMs: 1000, longMs: 1000 }).begin())
  let isArriving = true
  const arrive = (): void => {
    noteArrival()
    if (isArriving) setImmediate(arrive)
  }
  arrive()
  const busy = await roundsOf(new TimeSlices({ shortMs: 1, longMs: 1 }).begin())
  const feed = await roundsOf(new FeedWork())
  isArriving = false
  expect(calm).toBe(0)
  // Not in the first round, in which none had arrived.
  expect(busy).toBeGreaterThan(20)
  expect(feed).toBeGreaterThan(20)
})
