import { env } from 'node:process'
import fc from 'fast-check'
import { test } from 'vitest'
import type { ConformanceSubject } from '../conformance-subject.ts'
import { StoreUnderTest } from '../store-under-test.ts'
import { Comparison } from './comparison.ts'
import { MODEL_BRAKE } from './naive-brake.ts'
import { operations } from './random-operations.ts'

const DEFAULT_RUNS = 200
/** Fewer for durable stores, which are opened twice in most runs. */
const DEFAULT_DURABLE_RUNS = 60
/** Long enough that no history expires, although the clock of a run advances by days. */
const HISTORY_SECONDS = 365 * 86_400
/** Far more than a run takes: only a store that hangs reaches it. */
const MS_PER_RUN = 2_000

/**
 * Runs random operations on the store and on a naive model of it, with the clock advancing in between. A
 * failure prints the shortest failing sequence, and the seed to reproduce it.
 */
export function describeModel(subject: ConformanceSubject): void {
  const defaultRuns = subject.durable ? DEFAULT_DURABLE_RUNS : DEFAULT_RUNS
  const numRuns = Number(env.ROLLCALL_MODEL_RUNS ?? subject.modelRuns ?? defaultRuns)

  test(`behaves like the model for random sequences of operations (${numRuns} runs)`, {
    timeout: 60_000 + numRuns * MS_PER_RUN,
  }, async () => {
    const sequences = operations({ restarts: subject.durable ?? false })
    const matchesModel = fc.asyncProperty(sequences, fc.boolean(), async (sequence, isBraked) => {
      await using store = await StoreUnderTest.open(subject, {
        historyMaxAgeSeconds: HISTORY_SECONDS,
        brake: isBraked ? MODEL_BRAKE : { brakeFraction: 0 },
      })
      const comparison = new Comparison(store, { isBraked })
      for (const operation of sequence) await comparison.step(operation)
    })
    await fc.assert(matchesModel, { numRuns })
  })
}
