import type { Transition } from './transition.ts'

/** Where transitions are heard of as they happen. Heartbeats make no sound here. */
export interface EventBus {
  /**
   * Calls a listener with every transition, in order of revision, once it is durable. Returns
   * the function that ends it. A listener must not throw; when it does, the others still hear.
   *
   * @param replaced called when the history was replaced by another, because a database has lost
   *   the end of it: the listener hears on from there, and what it knows is void
   */
  subscribe(listener: TransitionListener, replaced?: (history: HistoryPosition) => void): () => void
}

/** A place in a history. */
export interface HistoryPosition {
  /** Names the history. */
  readonly epoch: string
  /** Of the last transition before the place. */
  readonly revision: number
}

/** Hears of transitions, those of one commit together, in order of revision. */
export type TransitionListener = (transitions: readonly Transition[]) => void
