import { expect, test, vi } from 'vitest'
import { ProcessorUse } from '../../src/scheduling/processor-use.ts'

test('the processors in use are the processor time since the last call, by the time that has passed', () => {
  let now = 5000
  let usage = { user: 1_000_000, system: 500_000 }
  using _clock = vi.spyOn(performance, 'now').mockImplementation(() => now)
  using _usage = vi.spyOn(process, 'cpuUsage').mockImplementation(() => usage)
  const use = new ProcessorUse()
  now += 200
  usage = { user: 1_090_000, system: 560_000 }
  expect(use.take()).toBeCloseTo(0.75)
  now += 100
  expect(use.take()).toBe(0)
})
