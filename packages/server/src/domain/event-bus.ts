import type { Transition } from './transition.ts'

/** Where transitions are heard of as they happen. Heartbeats make no sound here. */
export interface EventBus {
  /**
   * Calls a listener with every transition, in order of revision, once it is durable. Returns
   * the function that ends it. A listener must not throw; when it does, the others still hear.
   */
  subscribe(listener: TransitionListener): () => void
}

/** Hears of transitions, those of one commit together, in order of revision. */
export type TransitionListener = (transitions: readonly Transition[]) => void
