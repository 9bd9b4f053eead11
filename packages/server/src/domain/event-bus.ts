import type { HistoryPosition } from './history-position.ts'
import type { Transition } from './transition.ts'

/** Publishes transitions as they happen. Heartbeats are not published. */
export interface EventBus {
  /**
   * Calls a listener with every transition, in order of revision, once it is durable. Returns a
   * function that ends the subscription. A listener must not throw; if it does, the others are still
   * called.
   *
   * @param replaced called when the history was replaced by another one, because a database lost the
   *   end of it. The listener continues from there, and its previous state is void
   */
  subscribe(listener: TransitionListener, replaced?: (history: HistoryPosition) => void): () => void
}

/**
 * Receives transitions in order of revision; those of one commit arrive together.
 *
 * @param branch the branch in which the history continues; default: still the previous one
 */
export type TransitionListener = (transitions: readonly Transition[], branch?: string) => void
