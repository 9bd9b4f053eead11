import { emitWarning } from 'node:process'
import type { TransitionListener } from '../domain/event-bus.ts'
import type { Transition } from '../domain/transition.ts'

/** Those who hear of the transitions of a store. */
export class Listeners {
  readonly #listeners = new Set<TransitionListener>()

  /** As `EventBus.subscribe`. */
  subscribe(listener: TransitionListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  tell(transitions: readonly Transition[]): void {
    if (transitions.length === 0) return
    for (const listener of this.#listeners) {
      try {
        listener(transitions)
      } catch (error) {
        // A listener's fault is its own: the commit stands, and the others still hear of it.
        emitWarning(error instanceof Error ? error : String(error))
      }
    }
  }
}
