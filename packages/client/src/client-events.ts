import type { RegistrationWarning } from '@rollcall/protocol'
import type { HeartbeatReport } from './transport/heartbeat-report.ts'
import type { Agent } from './transport/wire.ts'

/** Events of a client and their payloads, by name. */
export interface ClientEvents {
  /** The agent is registered. */
  registered: Agent
  /** The registry no longer knows the agent. It registers again immediately. */
  lost: { readonly agentId: string }
  /** The agent is registered again, after `lost`. */
  reregistered: Agent
  /** The registry accepted the registration with a warning. Each warning is emitted once. */
  warning: RegistrationWarning
  /** The agent left the registry and sends no heartbeats until it registers again. */
  deregistered: { readonly agentId: string }
  /**
   * Another process has registered the agent. This one sends no more heartbeats, and neither
   * registers nor deregisters the agent on its own; `register()` takes over again.
   */
  superseded: { readonly agentId: string; readonly incarnation: number | undefined }
  /** The client was closed and sends no more heartbeats. */
  closed: { readonly agentId: string }
  /** A heartbeat or registration failed and will be retried. */
  error: unknown
  /** The first attempt to deliver a report failed; each heartbeat sends it again. */
  late: { readonly report: HeartbeatReport; readonly error: unknown }
  /** The health check started to fail: see `AgentOptions.check`. */
  checkFailed: { readonly agentId: string; readonly reason: string }
  /** The health check passes again, after `checkFailed`. */
  checkPassed: { readonly agentId: string }
  /** A heartbeat succeeded again, after `error`. `awayMs` is the length of the outage. */
  recovered: { readonly failures: number; readonly awayMs: number }
}

type Listener<T> = (payload: T) => void

/**
 * Emits events to listeners. An exception in one listener affects neither the others nor the
 * client.
 */
export class EventEmitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<Listener<never>>>()
  readonly #onThrow: (error: unknown) => void

  constructor(onThrow: (error: unknown) => void) {
    this.#onThrow = onThrow
  }

  /** Adds a listener. Returns a function that removes it. */
  on<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): () => void {
    const listeners = this.#listeners.get(name) ?? new Set()
    this.#listeners.set(name, listeners)
    listeners.add(listener)
    return () => listeners.delete(listener)
  }

  emit<Name extends keyof Events>(name: Name, payload: Events[Name]): void {
    for (const listener of this.#listeners.get(name) ?? []) {
      try {
        ;(listener as Listener<Events[Name]>)(payload)
      } catch (error) {
        this.#onThrow(error)
      }
    }
  }
}
