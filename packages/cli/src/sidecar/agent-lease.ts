import { setTimeout as sleep } from 'node:timers/promises'
import {
  type AgentOptions,
  AgentRegistryClient,
  type FetchRequest,
  type FetchResponse,
  isApiError,
} from '@rollcall/client'
import { withoutPassword } from '@rollcall/protocol'
import { HealthWatch, type HealthWatchOptions } from './health-watch.ts'
import type { Notify } from './notices.ts'

/** Milliseconds between two attempts to register, or half of that: at first, and at the most. */
const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 5000

/** What keeps an agent out of the registry. */
type Failure = 'registry' | 'refused'

/**
 * The place of a program in the registry, from `start` to `close`. Neither a registry that is
 * unreachable nor one that refuses ends the program: it is reported once, and retried.
 */
export class AgentLease {
  readonly #client: AgentRegistryClient
  readonly #notify: Notify
  readonly #watch: HealthWatch | undefined
  readonly #stop = new AbortController()
  #registering: Promise<void> | undefined
  #failure: Failure | undefined
  #isDeregistered = false

  /**
   * @param options.watch while the program cannot work, no heartbeat is sent
   * @throws TypeError or RangeError that names what is wrong with the agent
   */
  constructor(
    agent: AgentOptions,
    options: { notify: Notify; watch?: HealthWatchOptions | undefined },
  ) {
    const { notify, watch } = options
    this.#notify = notify
    this.#watch = watch && new HealthWatch(watch)
    this.#client = new AgentRegistryClient({
      ...agent,
      // `notify` reports it.
      logger: null,
      fetch: (url, request) => this.#fetch(url, request),
      check: () => this.#watch?.isPassing ?? true,
      whenCheckFails: 'silent',
    })
    this.#client.on('error', (error) => this.#failed(error))
    this.#client.on('recovered', () => this.#recovered())
    this.#client.on('warning', ({ message }) => notify('warning', `warning: ${message}`))
    this.#client.on('reregistered', () =>
      notify('reregistered', `${agent.agentId} is registered again`),
    )
  }

  get registryUrl(): string {
    return this.#client.registryUrl
  }

  /** Registers in the background, however long that takes, and then sends heartbeats. */
  start(): void {
    this.#registering ??= this.#register()
  }

  /** Reports that the agent takes no more work, if the registry can be reached. */
  async drain(): Promise<void> {
    if (this.#registering) await this.#client.setStatus('draining').catch(() => undefined)
  }

  /** Ends the heartbeats and deregisters, in two seconds at the most. */
  async close(): Promise<void> {
    this.#stop.abort()
    await this.#watch?.stop()
    if (!this.#registering) return
    // Else a registration that is under way could arrive after the deregistration.
    await this.#registering
    await this.#client.close()
    if (this.#isDeregistered)
      this.#notify('deregistered', `${this.#client.agentId} is deregistered`)
  }

  async #fetch(url: string, request: FetchRequest): Promise<FetchResponse> {
    const answer = await fetch(url, request)
    // The client closes in the same way whether or not it could be deregistered.
    if (request.method === 'DELETE') this.#isDeregistered = answer.ok
    return answer
  }

  async #register(): Promise<void> {
    const { signal } = this.#stop
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      try {
        const { agentId, url } = await this.#client.register({ signal })
        this.#failure = undefined
        this.#notify(
          'registered',
          `${agentId} (${url}) is registered at ${withoutPassword(this.registryUrl)}`,
        )
        this.#client.startHeartbeatLoop()
        this.#watch?.start((reason) => this.#checkChanged(reason))
        return
      } catch (error) {
        if (signal.aborted) return
        this.#failed(error)
      }
      const pause = pauseMs * (1 - Math.random() / 2)
      await sleep(pause, undefined, { signal }).catch(() => undefined)
      if (signal.aborted) return
    }
  }

  /** Reports each kind of failure once, not once for each attempt. */
  #failed(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error)
    const failure = isRefusal(error) ? 'refused' : 'registry'
    if (failure === this.#failure) return
    this.#failure = failure
    if (failure === 'refused') {
      this.#notify('refused', `the registry refuses, trying again: ${reason}`)
    } else this.#notify('unreachable', `the registry cannot be reached, trying again: ${reason}`)
  }

  #recovered(): void {
    this.#failure = undefined
    const url = withoutPassword(this.registryUrl)
    this.#notify('recovered', `the registry at ${url} answers again`)
  }

  /** @param reason undefined: it passes again */
  #checkChanged(reason: unknown): void {
    if (reason !== undefined) {
      const message = reason instanceof Error ? reason.message : String(reason)
      this.#notify('check_failed', `no heartbeats while the check fails: ${message}`)
      return
    }
    this.#notify('check_recovered', 'the check succeeds again: heartbeats go on')
    // Now, not in a third of the TTL. If the registry has forgotten it, the next one registers it.
    this.#client.heartbeat().catch(() => undefined)
  }
}

function isRefusal(error: unknown): boolean {
  return isApiError(error) && !error.isTransient
}
