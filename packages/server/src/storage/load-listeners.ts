import type { LoadListener, LoadSubscription } from '../domain/load-subscription.ts'

/** The listeners to the loads that agents report to a store. */
export class LoadListeners {
  readonly #listeners = new Set<LoadListener>()

  /** Whether there is a listener; if not, a load need not be reported. */
  get isFollowed(): boolean {
    return this.#listeners.size > 0
  }

  /** As `AgentRegistryRepository.followLoads`. */
  follow(listener: LoadListener, ready: Promise<void> = Promise.resolve()): LoadSubscription {
    // An object of its own: a function that follows twice is also ended twice.
    const own: LoadListener = (agentId, load, atMs) => listener(agentId, load, atMs)
    this.#listeners.add(own)
    return { ready, end: () => void this.#listeners.delete(own) }
  }

  report(agentId: string, load: number | null, atMs: number): void {
    for (const listener of this.#listeners) listener(agentId, load, atMs)
  }
}
