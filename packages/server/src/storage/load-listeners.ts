import type { LoadListener, LoadSubscription } from '../domain/load-subscription.ts'

/** The subscribers to the loads that agents report to a store. */
export class LoadListeners {
  readonly #listeners = new Set<LoadListener>()

  /** Whether there is a listener; without one, loads need not be reported. */
  get isFollowed(): boolean {
    return this.#listeners.size > 0
  }

  /** See `AgentRegistryRepository.followLoads`. */
  follow(listener: LoadListener, ready: Promise<void> = Promise.resolve()): LoadSubscription {
    // A wrapper per call: a function that subscribes twice has two subscriptions to end.
    const wrapper: LoadListener = (agentId, load, atMs) => listener(agentId, load, atMs)
    this.#listeners.add(wrapper)
    return { ready, end: () => void this.#listeners.delete(wrapper) }
  }

  report(agentId: string, load: number | null, atMs: number): void {
    for (const listener of this.#listeners) listener(agentId, load, atMs)
  }
}
