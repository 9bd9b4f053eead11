import type { AgentRegistryRepository } from '../domain/agent-registry-repository.ts'
import type { BrakeOptions } from '../domain/expiry-brake.ts'
import type { ManualClock } from './manual-clock.ts'

/** The back-end to test against the contract. */
export interface ConformanceSubject {
  /** Shown in the test titles. */
  readonly name: string
  /** Whether its data survives `close()`, so that the restart tests apply. Default false. */
  readonly durable?: boolean
  /**
   * Number of random operation sequences to compare with the model. Default: 200, or 60 for a durable
   * store. The environment variable `ROLLCALL_MODEL_RUNS` overrides it.
   */
  readonly modelRuns?: number
  /**
   * Milliseconds by which an announced sweep may be late before the store treats it as a stall. Default
   * and maximum: 1000.
   */
  readonly toleratedDelayMs?: number
  /** Opens the store. It must use everything in the context, or the tests fail. */
  open(context: ConformanceContext): AgentRegistryRepository | Promise<AgentRegistryRepository>
}

/** The parameters to open a store with. */
export interface ConformanceContext extends BrakeOptions {
  /** The only time source of the store. */
  readonly clock: ManualClock
  /**
   * A folder for this test, initially empty. Opening with the same folder must give the same data; a store
   * that keeps its data elsewhere can derive a schema name or a prefix from the folder name.
   */
  readonly folder: string
  /** Transitions to keep; undefined: the store's default. */
  readonly historyLimit: number | undefined
  /** Seconds to keep a transition; undefined: the store's default. */
  readonly historyMaxAgeSeconds: number | undefined
  /** Minimum seconds that a live lease has left after a restart, capped by its TTL. */
  readonly restartGraceSeconds: number
}
