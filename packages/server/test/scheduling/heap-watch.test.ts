import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { HeapWatch } from '../../src/scheduling/heap-watch.ts'

setFlagsFromString('--expose-gc')
const collect: (options: { type: 'minor' | 'major' }) => void = runInNewContext('gc')

let heap: HeapWatch
beforeEach(() => {
  heap = new HeapWatch()
})
afterEach(() => heap.close())

/** Entries are delivered in a later turn. */
const delivered = () => new Promise((resolve) => setTimeout(resolve, 0))

test('nothing is known before the first full garbage collection', async () => {
  collect({ type: 'minor' })
  await delivered()
  expect(heap.share).toBe(0)
})

test('the share is what objects that last take after a full collection', async () => {
  collect({ type: 'major' })
  await expect.poll(() => heap.share).toBeGreaterThan(0)
  expect(heap.share).toBeLessThan(1)
  const before = heap.share
  const kept = Array.from({ length: 100_000 }, (_, index) => ({ index }))
  collect({ type: 'major' })
  await expect.poll(() => heap.share).toBeGreaterThan(before)
  expect(kept.length).toBe(100_000)
})

test('a closed watch no longer changes', async () => {
  heap.close()
  collect({ type: 'major' })
  await delivered()
  expect(heap.share).toBe(0)
})
