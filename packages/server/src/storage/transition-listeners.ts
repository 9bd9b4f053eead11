import { emitWarning } from 'node:process'
import type { TransitionListener } from '../domain/event-bus.ts'
import type { HistoryPosition } from '../domain/history-position.ts'
import type { Transition } from '../domain/transition.ts'

type ReplacedListener = (history: HistoryPosition) => void

/** The subscribers to the transitions of a store. */
export class TransitionListeners {
  readonly #listeners = new Map<TransitionListener, ReplacedListener | undefined>()

  /** See `EventBus.subscribe`. */
  subscribe(listener: TransitionListener, replaced?: ReplacedListener): () => void {
    this.#listeners.set(listener, replaced)
    return () => this.#listeners.delete(listener)
  }

  /** @param branch see `TransitionListener` */
  notify(transitions: readonly Transition[], branch?: string): void {
    if (transitions.length === 0) return
    for (const listener of this.#listeners.keys()) callSafely(() => listener(transitions, branch))
  }

  /** Notifies all subscribers that the history was replaced and earlier transitions are void. */
  notifyReplaced(history: HistoryPosition): void {
    // A copy, because some subscribe again from within the callback.
    for (const replaced of [...this.#listeners.values()]) callSafely(() => replaced?.(history))
  }
}

/** A listener that throws affects neither the commit nor the other listeners. */
function callSafely(call: () => void): void {
  try {
    call()
  } catch (error) {
    emitWarning(error instanceof Error ? error : String(error))
  }
}
