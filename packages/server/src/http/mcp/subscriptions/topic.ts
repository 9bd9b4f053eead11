import { SERVER_LIMITS } from '../../../limits/server-limits.ts'

const INTERVAL_MS = SERVER_LIMITS.mcpNotificationSeconds.value * 1000

/** Called for something that has changed. */
export type ChangeListener = () => void

/**
 * Something that changes, and who wants to know: at once, but not again within the minimum time between two
 * notifications. Changes in between become one notification at its end.
 */
export class Topic {
  readonly listeners = new Set<ChangeListener>()
  readonly #due: (topic: Topic) => void
  /** It waits to be delivered. */
  #isDue = false
  #changedMeanwhile = false
  #pause: NodeJS.Timeout | undefined

  /** @param due called when the listeners are to be notified, which {@link delivered} confirms */
  constructor(due: (topic: Topic) => void) {
    this.#due = due
  }

  /** Notes a change. */
  changed(): void {
    if (this.#pause !== undefined) {
      this.#changedMeanwhile = true
    } else if (!this.#isDue) {
      this.#isDue = true
      this.#due(this)
    }
  }

  /** Whether a change would be the first one that is to be notified. */
  get isQuiet(): boolean {
    return !this.#isDue && !this.#changedMeanwhile
  }

  /** Notes that the listeners are being notified; further changes wait. */
  delivered(): void {
    this.#isDue = false
    this.#pause = setTimeout(() => {
      this.#pause = undefined
      if (!this.#changedMeanwhile) return
      this.#changedMeanwhile = false
      this.changed()
    }, INTERVAL_MS).unref()
  }

  /** Ends all notifications. */
  close(): void {
    clearTimeout(this.#pause)
    this.listeners.clear()
  }
}
