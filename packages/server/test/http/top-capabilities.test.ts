import { expect, test } from 'vitest'
import { CapabilityCounter } from '../../src/domain/capability-counts.ts'
import { topCapabilities } from '../../src/http/lists/top-capabilities.ts'
import { TimeSlices } from '../../src/scheduling/time-slices.ts'

const COUNT = 10_000
const nameOf = (index: number) => `c${String(index).padStart(5, '0')}`

test('finds the first of many, wherever they are, and knows that there are more', async () => {
  const counter = new CapabilityCounter()
  for (let index = 0; index < COUNT; index++) counter.add([nameOf(index)], 'ready', 1 + (index % 7))
  counter.add([nameOf(3)], 'busy', 10)
  counter.add([nameOf(COUNT - 1)], 'busy', 20)
  const work = new TimeSlices().begin()
  const found = await topCapabilities(counter, { limit: 3 }, work)
  expect(found.capabilities.map(({ name, alive }) => [name, alive])).toEqual([
    [nameOf(COUNT - 1), 20 + 1 + ((COUNT - 1) % 7)],
    [nameOf(3), 14],
    [nameOf(6), 7],
  ])
  expect(found.complete).toBe(false)
  const part = await topCapabilities(counter, { q: 'C0999', limit: 10 }, work)
  expect(part.capabilities).toHaveLength(10)
  expect(part.complete).toBe(true)
  work.end()
})

test('knows that there are more, however many are left when it leaves some out', async () => {
  const work = new TimeSlices().begin()
  const counter = new CapabilityCounter()
  for (let count = 1; count <= 1100; count++) {
    counter.add([nameOf(count)], 'ready')
    if (count < 1000) continue
    const { capabilities, complete } = await topCapabilities(counter, { limit: 1 }, work)
    expect([capabilities.length, complete], `of ${count}`).toEqual([1, false])
  }
  work.end()
})

test('a counter with a limit leaves out others, counts those that it has, and says so', () => {
  const counter = new CapabilityCounter({ limit: 2 })
  counter.add(['a', 'b'], 'ready')
  expect(counter.isComplete).toBe(true)
  counter.add(['a', 'c'], 'ready')
  expect([...counter].map(([name, { ready }]) => [name, ready])).toEqual([
    ['a', 2],
    ['b', 1],
  ])
  expect(counter.isComplete).toBe(false)
})
