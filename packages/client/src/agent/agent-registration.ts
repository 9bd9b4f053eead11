import type { Registration, RegistrationWarning } from '@rollcall/protocol'
import type { ClientClock } from '../clock.ts'
import type { ClientOptions } from '../options/client-options.ts'
import { ownHost } from '../options/own-host.ts'
import type { ResolvedAgent } from '../options/resolve-options.ts'
import type { CallOptions } from '../transport/call.ts'
import { registryAddresses } from '../transport/registry-addresses.ts'
import type { RegistryApi } from '../transport/registry-api.ts'
import { sleep } from '../transport/sleep.ts'
import { type Agent, registrationOf, toAgent } from '../transport/wire.ts'
import type { AgentInstance } from './agent-instance.ts'
import type { AgentReport } from './agent-report.ts'
import { type HeartbeatSchedule, parseHeartbeatSchedule } from './heartbeat-schedule.ts'

/** The response to a registration. */
export interface Registered {
  readonly agent: Agent
  readonly schedule: HeartbeatSchedule
  readonly warnings: readonly RegistrationWarning[]
}

/** Matches loopback and unspecified addresses. */
const LOOPBACK_HOST = /^(localhost|127(\.\d+){3}|0\.0\.0\.0|\[?::1?\]?)$/i

/** Dependencies of {@link AgentRegistration}. */
export interface AgentRegistrationParts {
  readonly api: RegistryApi
  readonly clock: ClientClock
  readonly registryUrl: string
  readonly options: ClientOptions
  readonly agent: ResolvedAgent
  readonly report: AgentReport
  readonly instance: AgentInstance
  /** Called once for each warning of the registry. */
  readonly warn: (warning: RegistrationWarning) => void
}

/** Registers one agent, repeatedly, each time with its current properties. */
export class AgentRegistration {
  readonly #parts: AgentRegistrationParts
  /** Every registration returns all warnings, so the ones already reported are remembered. */
  readonly #warned = new Set<string>()
  #inFlight: Promise<unknown> = Promise.resolve()
  #ttlSeconds: number
  #askedIntervalSeconds: number | undefined
  #warnings: readonly RegistrationWarning[] = []

  constructor(parts: AgentRegistrationParts) {
    this.#parts = parts
    this.#ttlSeconds = parts.agent.ttlSeconds
  }

  /** Lease duration in seconds, as last reported by the registry. */
  get ttlSeconds(): number {
    return this.#ttlSeconds
  }

  /** Seconds between two heartbeats, as the registry asked with the last registration. */
  get askedIntervalSeconds(): number | undefined {
    return this.#askedIntervalSeconds
  }

  /** Warnings returned with the last registration. */
  get warnings(): readonly RegistrationWarning[] {
    return this.#warnings
  }

  /** Resolves when no registration is in flight, whether they succeeded or failed, or after so many milliseconds. */
  async settle(timeoutMs: number): Promise<void> {
    const settled = new AbortController()
    void this.#inFlight.then(() => settled.abort())
    await sleep(this.#parts.clock, timeoutMs, settled.signal)
  }

  async send(options?: CallOptions): Promise<Registered> {
    const sending = this.#send(options)
    this.#inFlight = Promise.allSettled([this.#inFlight, sending])
    const registered = await sending
    const { schedule, warnings } = registered
    this.#ttlSeconds = schedule.ttlSeconds ?? this.#ttlSeconds
    this.#askedIntervalSeconds = schedule.intervalSeconds
    this.#warnings = warnings
    for (const warning of warnings) {
      if (this.#warned.has(warning.message)) continue
      this.#warned.add(warning.message)
      this.#parts.warn(warning)
    }
    return registered
  }

  async #send(options?: CallOptions): Promise<Registered> {
    const { api, agent, instance, registryUrl } = this.#parts
    // Looked up each time: a laptop moves between networks.
    const isInCard = agent.port === undefined
    const host = agent.host ?? (isInCard ? undefined : await ownHost(registryUrl))
    const { report, end } = this.#parts.report.send('all')
    let hasArrived = false
    try {
      const given = { ...this.#parts.options, ...report }
      const { registration, response } = await instance.send(async (instanceId) => {
        const registration = registrationOf({ ...agent, host }, given, instanceId)
        return { registration, response: await api.register(registration, options) }
      })
      hasArrived = true
      instance.registered()
      const { warnings } = response
      return {
        // Properties missing from the response are as they were sent.
        agent: toAgent({ ...registration, ...response }),
        schedule: parseHeartbeatSchedule(response),
        // A Rollcall registry reports warnings itself, because it knows the address of the agent.
        warnings: Array.isArray(warnings) ? warnings : localWarnings(registration, registryUrl),
      }
    } finally {
      end(hasArrived)
    }
  }
}

/**
 * Warns if the agent announces a loopback address although the registry runs on another machine.
 */
function localWarnings({ host, url }: Registration, registryUrl: string): RegistrationWarning[] {
  const isLocalRegistry = registryAddresses(registryUrl).some((it) =>
    LOOPBACK_HOST.test(new URL(it.url).hostname),
  )
  if (isLocalRegistry || url || !LOOPBACK_HOST.test(host)) return []
  const message =
    `host "${host}" is a loopback address, but the registry runs on another machine; ` +
    'set AGENT_HOST or the option host to an address where others reach the agent'
  return [{ code: 'LOCAL_ADDRESS', pointer: '/host', message }]
}
