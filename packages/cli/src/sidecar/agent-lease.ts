import { setTimeout as sleep } from 'node:timers/promises'
import {
  type AgentOptions,
  AgentRegistryClient,
  type FetchRequest,
  type FetchResponse,
  isApiError,
} from '@rollcall/client'
import { httpFetch } from '@rollcall/client/node'
import { withoutPassword } from '@rollcall/protocol'
import { HealthMonitor, type HealthMonitorOptions } from './health-monitor.ts'
import type { Notify } from './notices.ts'

/** Initial and maximum delay between two registration attempts in milliseconds, before jitter. */
const INITIAL_DELAY_MS = 250
const MAX_DELAY_MS = 5000
/** Longest delay that a registry may ask for. */
const MAX_RETRY_AFTER_MS = 60_000

/** Kinds of failures, each reported once. */
type Failure = 'registry' | 'refused'

/**
 * Keeps a program registered from `start` to `close`. If the registry is unreachable or rejects the
 * agent, the program keeps running; the failure is reported once and retried.
 */
export class AgentLease {
  readonly #client: AgentRegistryClient
  readonly #notify: Notify
  readonly #monitor: HealthMonitor | undefined
  readonly #stop = new AbortController()
  readonly #send = httpFetch()
  #registering: Promise<void> | undefined
  #failure: Failure | undefined
  #isDeregistered = false

  /**
   * @param options.monitor stops the heartbeats while the health check fails
   * @param options.onSuperseded called when another instance has registered the agent
   * @throws TypeError or RangeError that names the invalid property of the agent
   */
  constructor(
    agent: AgentOptions,
    options: {
      notify: Notify
      monitor?: HealthMonitorOptions | undefined
      onSuperseded: () => void
    },
  ) {
    const { notify, monitor, onSuperseded } = options
    this.#notify = notify
    this.#monitor = monitor && new HealthMonitor(monitor)
    this.#client = new AgentRegistryClient({
      ...agent,
      // Failures are reported with `notify`.
      logger: null,
      fetch: (url, request) => this.#fetch(url, request),
      check: () => this.#monitor?.isPassing ?? true,
      whenCheckFails: 'silent',
    })
    this.#client.on('superseded', ({ agentId, incarnation }) => {
      notify('superseded', takeoverNotice(agentId, incarnation))
      onSuperseded()
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

  /** Registers in the background, with retries, and then sends heartbeats. */
  start(): void {
    this.#registering ??= this.#register()
  }

  /** Reports that the agent accepts no more work, if the registry is reachable. */
  async drain(): Promise<void> {
    if (this.#registering) await this.#client.setStatus('draining').catch(() => undefined)
  }

  /** Stops the heartbeats and deregisters, unless superseded, within two seconds. */
  async close(): Promise<void> {
    this.#stop.abort()
    await this.#monitor?.stop()
    if (!this.#registering) return
    // Otherwise a registration in flight could arrive after the deregistration.
    await this.#registering
    await this.#client.close()
    if (this.#isDeregistered)
      this.#notify('deregistered', `${this.#client.agentId} is deregistered`)
  }

  async #fetch(url: string, request: FetchRequest): Promise<FetchResponse> {
    const response = await this.#send(url, request)
    // The client does not report whether it was deregistered on close.
    if (request.method === 'DELETE') this.#isDeregistered = response.ok
    return response
  }

  async #register(): Promise<void> {
    const { signal } = this.#stop
    for (let backoffMs = INITIAL_DELAY_MS; ; backoffMs = Math.min(backoffMs * 2, MAX_DELAY_MS)) {
      let delayMs = backoffMs * (1 - Math.random() / 2)
      try {
        const { agentId, url } = await this.#client.register({ signal })
        this.#failure = undefined
        this.#notify(
          'registered',
          `${agentId} (${url}) is registered at ${withoutPassword(this.registryUrl)}`,
        )
        this.#client.startHeartbeatLoop()
        this.#monitor?.start((reason) => this.#checkChanged(reason))
        return
      } catch (error) {
        if (signal.aborted || isApiError(error, 'SUPERSEDED')) return
        this.#failed(error)
        delayMs = Math.max(delayMs, retryAfterMs(error))
      }
      await sleep(delayMs, undefined, { signal }).catch(() => undefined)
      if (signal.aborted) return
    }
  }

  /** Reports each kind of failure once, not once for each attempt. */
  #failed(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error)
    const failure = isRejection(error) ? 'refused' : 'registry'
    if (failure === this.#failure) return
    this.#failure = failure
    if (failure === 'refused') {
      this.#notify('refused', `the registry rejected the agent, retrying: ${reason}`)
    } else this.#notify('unreachable', `the registry is unreachable, retrying: ${reason}`)
  }

  #recovered(): void {
    this.#failure = undefined
    const url = withoutPassword(this.registryUrl)
    this.#notify('recovered', `the registry at ${url} is reachable again`)
  }

  /** @param reason undefined if the check passes again */
  #checkChanged(reason: unknown): void {
    if (reason !== undefined) {
      const message = reason instanceof Error ? reason.message : String(reason)
      this.#notify('check_failed', `no heartbeats while the check fails: ${message}`)
      return
    }
    this.#notify('check_recovered', 'the check passes again: heartbeats resume')
    // Immediately instead of after a third of the TTL. If the agent has expired, the next heartbeat
    // registers it.
    this.#client.heartbeat().catch(() => undefined)
  }
}

function takeoverNotice(agentId: string, incarnation: number | undefined): string {
  const number = incarnation === undefined ? '' : ` (incarnation ${incarnation})`
  return `another instance${number} has registered ${agentId}: no more heartbeats from this one`
}

/** Returns for how long the registry asks to wait: it is full, overloaded, or this caller sends too much. */
function retryAfterMs(error: unknown): number {
  const seconds = isApiError(error) ? (error.retryAfterSeconds ?? 0) : 0
  return Math.min(seconds * 1000, MAX_RETRY_AFTER_MS)
}

function isRejection(error: unknown): boolean {
  return isApiError(error) && !error.isTransient
}
