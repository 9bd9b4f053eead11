import { emitWarning } from 'node:process'
import type { HistoryPosition, TransitionListener } from '../domain/event-bus.ts'
import type { Transition } from '../domain/transition.ts'

type Replaced = (history: HistoryPosition) => void

/** Those who hear of the transitions of a store. */
export class Listeners {
  readonly #listeners = new Map<TransitionListener, Replaced | undefined>()

  /** As `EventBus.subscribe`. */
  subscribe(listener: TransitionListener, replaced?: Replaced): () => void {
    this.#listeners.set(listener, replaced)
    return () => this.#listeners.delete(listener)
  }

  tell(transitions: readonly Transition[]): void {
    if (transitions.length === 0) return
    for (const listener of this.#listeners.keys()) guarded(() => listener(transitions))
  }

  /** Says that what was told before is void. */
  tellReplaced(history: HistoryPosition): void {
    // Some begin to listen anew when they are told.
    for (const replaced of [...this.#listeners.values()]) guarded(() => replaced?.(history))
  }
}

/** A listener's fault is its own: the commit stands, and the others still hear of it. */
function guarded(call: () => void): void {
  try {
    call()
  } catch (error) {
    emitWarning(error instanceof Error ? error : String(error))
  }
}
