import type { AgentRegistryRepository } from '../domain/agent-registry-repository.ts'
import type { ManualClock } from './manual-clock.ts'

/** The back-end that is to keep the contract. */
export interface ConformanceSubject {
  /** Heads the tests. */
  readonly name: string
  /** Its data outlives `close()`, so that the tests of restarts apply. Default false. */
  readonly durable?: boolean
  /**
   * Sequences of random operations to compare with the model. Default: 200, or 60 for a durable
   * store. The environment variable `ROLLCALL_MODEL_RUNS` goes before it.
   */
  readonly modelRuns?: number
  /**
   * Milliseconds by which an announced sweep may be late before the store takes it for a stall; at
   * most, and by default, 1000.
   */
  readonly forgivenDelayMs?: number
  /** Opens the store. Everything in the context is for it to use, or else the tests fail. */
  open(context: ConformanceContext): AgentRegistryRepository | Promise<AgentRegistryRepository>
}

/** What a store is opened with. */
export interface ConformanceContext {
  /** Where the store takes all time from. */
  readonly clock: ManualClock
  /**
   * A folder of the test's own, empty at first. The same folder again means the same data again:
   * a store that keeps its data elsewhere can take the folder's name for a schema or a prefix.
   */
  readonly folder: string
  /** Transitions to keep; undefined: the store's default. */
  readonly historyLimit: number | undefined
  /** Seconds to keep a transition; undefined: the store's default. */
  readonly historyMaxAgeSeconds: number | undefined
  /** Seconds that a live lease is sure to have after a restart. */
  readonly restartGraceSeconds: number
}
