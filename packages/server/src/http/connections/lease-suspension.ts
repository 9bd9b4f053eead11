import type { AgentRegistryRepository } from '../../domain/agent-registry-repository.ts'

/** Milliseconds for which leases are suspended when a request may have been a heartbeat that was refused. */
const SUSPEND_MS = 2000
/** Milliseconds after which leases are suspended again while that goes on. */
const SUSPEND_AGAIN_MS = 500

/** A store whose leases can be suspended. */
export type SuspendableStore = Pick<AgentRegistryRepository, 'suspendLeases'>

/** Suspends leases while the registry refuses heartbeats: no lease ends because the registry did not listen. */
export class LeaseSuspension {
  #store: SuspendableStore | undefined
  #suspendedAt = Number.NEGATIVE_INFINITY

  /** Sets the store, once it is open. */
  protect(store: SuspendableStore): void {
    this.#store = store
  }

  /** Suspends leases for two seconds. May be called often. */
  suspend(): void {
    const now = performance.now()
    if (now - this.#suspendedAt < SUSPEND_AGAIN_MS) return
    this.#suspendedAt = now
    this.#store?.suspendLeases?.(SUSPEND_MS)
  }
}
