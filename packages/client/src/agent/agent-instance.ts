import { type ApiError, isApiError } from '../errors/api-error.ts'

/** The process that registers an agent, and whether another one has taken over. */
export class AgentInstance {
  readonly #onSuperseded: (error: ApiError) => void
  #id: string | undefined
  #registrations = 0
  #isSuperseded = false

  /** @param onSuperseded called once for each time that another instance has taken over */
  constructor(id: string | undefined, onSuperseded: (error: ApiError) => void) {
    this.#id = id
    this.#onSuperseded = onSuperseded
  }

  /** Undefined: the agent has none, or the registry does not know instances. */
  get id(): string | undefined {
    return this.#id
  }

  /** Whether another instance has taken over since this one has registered. */
  get isSuperseded(): boolean {
    return this.#isSuperseded
  }

  /** Records that this instance is the current one. */
  registered(): void {
    this.#registrations++
    this.#isSuperseded = false
  }

  /** Sends no id from now on: the registry is older than instances. */
  disable(): void {
    this.#id = undefined
  }

  /** Makes a call with the id, or without it if the registry does not know instances. */
  async send<T>(call: (instanceId: string | undefined) => Promise<T>): Promise<T> {
    const registrations = this.#registrations
    try {
      return await call(this.#id)
    } catch (error) {
      // An error from before the last registration says nothing about now.
      const isCurrent = registrations === this.#registrations
      if (isApiError(error, 'SUPERSEDED') && isCurrent) this.#supersede(error)
      if (this.#id === undefined || !rejectsInstances(error)) throw error
      this.disable()
      return call(undefined)
    }
  }

  #supersede(error: ApiError): void {
    if (this.#isSuperseded) return
    this.#isSuperseded = true
    this.#onSuperseded(error)
  }
}

/** Describes a takeover in the log of the instance that was superseded. */
export function describeTakeover(agentId: string, incarnation: number | undefined): string {
  const number = incarnation === undefined ? '' : ` (incarnation ${incarnation})`
  return `agent ${agentId}: another instance${number} has registered it; no more heartbeats from this one`
}

/** Whether the registry is older than instances: it rejects the unknown field. */
export function rejectsInstances(error: unknown): boolean {
  return isApiError(error) && error.errors.some(({ pointer }) => /\/instance_id$/.test(pointer))
}
