import type { RegistrationWarning } from '@rollcall/protocol'
import type { HeartbeatReport } from './transport/heartbeat-report.ts'
import type { Agent } from './transport/wire.ts'

/** What a client tells of its life, by name. */
export interface ClientEvents {
  /** It is in the registry. */
  registered: Agent
  /** The registry did not know it any more. It registers again at once. */
  lost: { readonly agentId: string }
  /** It is in the registry again, after `lost`. */
  reregistered: Agent
  /** The registry took the registration and doubts it; each warning comes once. */
  warning: RegistrationWarning
  /** It left the registry, and sends no heartbeats until it registers. */
  deregistered: { readonly agentId: string }
  /** It was closed, and sends no heartbeats any more. */
  closed: { readonly agentId: string }
  /** A heartbeat or a registration failed; it will be tried again. */
  error: unknown
  /** A report did not arrive at once; it is said again with each heartbeat. */
  late: { readonly report: HeartbeatReport; readonly error: unknown }
  /** Its check fails from now on: see `AgentOptions.check`. */
  checkFailed: { readonly agentId: string; readonly reason: string }
  /** Its check passes again, after `checkFailed`. */
  checkPassed: { readonly agentId: string }
  /** A heartbeat came through again, after `error`. */
  recovered: { readonly failures: number; readonly awayMs: number }
}

type Listener<T> = (told: T) => void

/** Tells listeners what happens. A listener that throws harms neither the others nor the client. */
export class EventEmitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<Listener<never>>>()
  readonly #onThrow: (error: unknown) => void

  constructor(onThrow: (error: unknown) => void) {
    this.#onThrow = onThrow
  }

  /** Returns the function that ends it. */
  on<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): () => void {
    const listeners = this.#listeners.get(name) ?? new Set()
    this.#listeners.set(name, listeners)
    listeners.add(listener)
    return () => listeners.delete(listener)
  }

  tell<Name extends keyof Events>(name: Name, told: Events[Name]): void {
    for (const listener of this.#listeners.get(name) ?? []) {
      try {
        ;(listener as Listener<Events[Name]>)(told)
      } catch (error) {
        this.#onThrow(error)
      }
    }
  }
}
