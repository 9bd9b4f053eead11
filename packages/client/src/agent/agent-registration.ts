import type { Registration, RegistrationWarning } from '@rollcall/protocol'
import type { AgentOptions, ResolvedAgent } from '../options/client-options.ts'
import { ownHost } from '../options/own-host.ts'
import type { CallOptions } from '../transport/call.ts'
import { registryAddresses } from '../transport/registry-addresses.ts'
import type { RegistryApi } from '../transport/registry-api.ts'
import { type Agent, registrationOf, toAgent } from '../transport/wire.ts'
import type { AgentReport } from './agent-report.ts'
import { type HeartbeatSchedule, heartbeatScheduleIn } from './heartbeat-schedule.ts'

/** The answer to a registration. */
export interface Registered {
  readonly agent: Agent
  readonly pulse: HeartbeatSchedule
  readonly warnings: readonly RegistrationWarning[]
}

/** Where every machine finds itself. */
const LOCAL = /^(localhost|127(\.\d+){3}|0\.0\.0\.0|\[?::1?\]?)$/i

/** What an agent registers with. */
export interface AgentRegistrationParts {
  readonly api: RegistryApi
  readonly registryUrl: string
  readonly options: AgentOptions
  readonly agent: ResolvedAgent
  readonly report: AgentReport
  /** Called with what the registry doubts, each once. */
  readonly warn: (warning: RegistrationWarning) => void
}

/** Registers one agent, again and again, with everything that it is then. */
export class AgentRegistration {
  readonly #parts: AgentRegistrationParts
  /** Every registration is warned anew. */
  readonly #warned = new Set<string>()
  #underWay: Promise<unknown> = Promise.resolve()
  #ttlSeconds: number
  #warnings: readonly RegistrationWarning[] = []

  constructor(parts: AgentRegistrationParts) {
    this.#parts = parts
    this.#ttlSeconds = parts.agent.ttlSeconds
  }

  /** As the registry last said. */
  get ttlSeconds(): number {
    return this.#ttlSeconds
  }

  /** Of the last registration. */
  get warnings(): readonly RegistrationWarning[] {
    return this.#warnings
  }

  /** Resolves when no registration is under way any more, however they ended. */
  get settled(): Promise<unknown> {
    return this.#underWay
  }

  async send(options?: CallOptions): Promise<Registered> {
    const sending = this.#send(options)
    this.#underWay = Promise.allSettled([this.#underWay, sending])
    const registered = await sending
    const { pulse, warnings } = registered
    this.#ttlSeconds = pulse.ttlSeconds ?? this.#ttlSeconds
    this.#warnings = warnings
    for (const warning of warnings) {
      if (this.#warned.has(warning.message)) continue
      this.#warned.add(warning.message)
      this.#parts.warn(warning)
    }
    return registered
  }

  async #send(options?: CallOptions): Promise<Registered> {
    const { api, agent, registryUrl } = this.#parts
    // Asked anew each time: a laptop moves between networks.
    const host = agent.host ?? (await ownHost(registryUrl))
    const { report, end } = this.#parts.report.send('all')
    let hasArrived = false
    try {
      const registration = registrationOf({ ...agent, host }, { ...this.#parts.options, ...report })
      const answer = await api.register(registration, options)
      hasArrived = true
      const { warnings } = answer
      return {
        // What the answer does not say is as it was sent.
        agent: toAgent({ ...registration, ...answer }),
        pulse: heartbeatScheduleIn(answer),
        // Ours says so by itself, where it knows from where the agent came.
        warnings: Array.isArray(warnings) ? warnings : localWarnings(registration, registryUrl),
      }
    } finally {
      end(hasArrived)
    }
  }
}

/** An agent that is called at a loopback address, while the registry is on another machine. */
function localWarnings({ host, url }: Registration, registryUrl: string): RegistrationWarning[] {
  const isHere = registryAddresses(registryUrl).some((it) => LOCAL.test(new URL(it.url).hostname))
  if (isHere || url || !LOCAL.test(host)) return []
  const message =
    `host "${host}" is every machine by itself, but the registry is elsewhere; ` +
    'give an address at which others reach the agent, in AGENT_HOST or as host'
  return [{ code: 'LOCAL_ADDRESS', pointer: '/host', message }]
}
