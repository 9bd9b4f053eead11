import { expect, test } from 'vitest'
import { FeedWork } from '../../src/feed/feed-work.ts'
import { noteArrival } from '../../src/scheduling/connection-arrivals.ts'
import { type SlicedWork, TimeSlices } from '../../src/scheduling/time-slices.ts'

const SLICE_MS = 1

/** Computes until the time slice is used up. */
function useUp(work: SlicedWork): void {
  while (!work.isOver);
}

/** Counts iterations ("rounds") of the event loop until the returned function is called. */
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

test('of many tasks, one runs in each round of the event loop', async () => {
  const slices = new TimeSlices({ longMs: SLICE_MS, shortMs: SLICE_MS })
  let worked = 0
  const countRounds = roundCounter()
  const tasks = Array.from({ length: 50 }, async () => {
    const work = slices.begin()
    await work.next()
    for (let slice = 0; slice < 3; slice++) {
      worked++
      useUp(work)
      await work.next()
    }
  })
  await Promise.all(tasks)
  const rounds = countRounds()
  expect(worked).toBe(150)
  // The last slice of each ends without work, and several of those may share a round.
  expect(rounds).toBeGreaterThanOrEqual(149)
})

test('short tasks run before long tasks, in the order in which they began', async () => {
  const slices = new TimeSlices({ longMs: SLICE_MS, shortMs: SLICE_MS })
  const runs: string[] = []
  const run = async (name: string, count: number) => {
    const work = slices.begin()
    for (let slice = 0; slice < count; slice++) {
      await work.next()
      runs.push(name)
      useUp(work)
    }
    work.end()
  }
  const long = [run('long', 40), run('long', 40), run('long', 40)]
  while (runs.length < 45) await new Promise(setImmediate)
  const begun = runs.length
  await Promise.all([run('first', 3), run('second', 3)])
  const since = runs.slice(begun)
  // One of the long tasks may have been in the middle of its slice.
  const first = since.indexOf('first')
  expect(first).toBeLessThanOrEqual(1)
  expect(since.slice(first)).toEqual([...Array(3).fill('first'), ...Array(3).fill('second')])
  await Promise.all(long)
})

test('a task that has taken several rounds has shorter slices than a short task', async () => {
  const slices = new TimeSlices({ longMs: 1, shortMs: 20 })
  const work = slices.begin()
  const durations: number[] = []
  for (let round = 0; round < 12; round++) {
    await work.next()
    const began = performance.now()
    useUp(work)
    durations.push(performance.now() - began)
  }
  // Whatever else the machine does, a short task uses its whole slice.
  expect(Math.min(...durations.slice(0, 4))).toBeGreaterThan(15)
  expect(Math.min(...durations.slice(4))).toBeLessThan(15)
})

test('the remainder of a slice is passed to the next task', async () => {
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

test('a task that waited for something else begins a new slice, which ends', async () => {
  const work = new TimeSlices({ longMs: SLICE_MS, shortMs: SLICE_MS }).begin()
  await work.next()
  for (let round = 0; round < 3; round++) await new Promise(setImmediate)
  expect(work.isOver).toBe(false)
  useUp(work)
  expect(work.isOver).toBe(true)
})

test('steps that take longer than a slice run in separate rounds', async () => {
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

test('an aborted task rejects with the reason, before it begins and while it waits', async () => {
  const slices = new TimeSlices({ longMs: SLICE_MS, shortMs: SLICE_MS })
  const reason = new Error('the client has disconnected')
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

test('aborted tasks take no slice from others', async () => {
  const slices = new TimeSlices({ longMs: SLICE_MS, shortMs: SLICE_MS })
  const busy = slices.begin()
  await busy.next()
  useUp(busy)
  const controller = new AbortController()
  const abandoned = Array.from({ length: 1000 }, () => slices.begin(controller.signal).next())
  const countRounds = roundCounter()
  const other = slices.begin().next()
  controller.abort(new Error('disconnected'))
  await other
  expect(countRounds()).toBeLessThanOrEqual(2)
  const settled = await Promise.allSettled(abandoned)
  expect(settled.every(({ status }) => status === 'rejected')).toBe(true)
})

test('while connections arrive, all slices are short', async () => {
  /** Returns the number of rounds that 50 steps of work take. */
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
  // Except in the first round, in which none had arrived.
  expect(busy).toBeGreaterThan(20)
  expect(feed).toBeGreaterThan(20)
})
