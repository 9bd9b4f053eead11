import { env } from 'node:process'
import fc from 'fast-check'
import { test } from 'vitest'
import type { ConformanceSubject } from '../conformance-subject.ts'
import { StoreUnderTest } from '../store-under-test.ts'
import { Comparison } from './comparison.ts'
import { operations } from './random-operations.ts'

const DEFAULT_RUNS = 200
/** Fewer for stores that are opened twice in most runs, once after a restart. */
const DEFAULT_DURABLE_RUNS = 60
/** The clock of a run moves by days; how old history may get is not what this is about. */
const HISTORY_SECONDS = 365 * 86_400
/** Far more than one takes: only a store that hangs gets near it. */
const MS_PER_RUN = 2_000

/**
 * Random operations on the store and on a naive model of it, the clock moving in between. A
 * failure prints the shortest sequence that shows it, and the seed that finds it again.
 */
export function describeModel(subject: ConformanceSubject): void {
  const defaultRuns = subject.durable ? DEFAULT_DURABLE_RUNS : DEFAULT_RUNS
  const numRuns = Number(env.ROLLCALL_MODEL_RUNS ?? subject.modelRuns ?? defaultRuns)

  test(`behaves as the model does, whatever comes in whatever order (${numRuns} runs)`, {
    timeout: 60_000 + numRuns * MS_PER_RUN,
  }, async () => {
    const sequences = operations({ restarts: subject.durable ?? false })
    const likeTheModel = fc.asyncProperty(sequences, async (sequence) => {
      await using store = await StoreUnderTest.open(subject, {
        historyMaxAgeSeconds: HISTORY_SECONDS,
      })
      const comparison = new Comparison(store)
      for (const operation of sequence) await comparison.step(operation)
    })
    await fc.assert(likeTheModel, { numRuns })
  })
}
