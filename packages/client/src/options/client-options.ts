import { AGENT_ID_PATTERN, AgentId } from '@rollcall/protocol'
import type { HealthCheckOptions } from '../agent/health-check.ts'
import type { ClientLogger } from '../client-logger.ts'
import type { ClientClock } from '../clock.ts'
import type { Fetch } from '../transport/call.ts'
import type { CallHeaders } from '../transport/call-headers.ts'
import { registryAddresses } from '../transport/registry-addresses.ts'
import { asJson } from '../transport/responses.ts'
import { requireValidOptions } from './option-rules.ts'
import { fromEnvironment, machineName } from './platform.ts'

/** Where the registry is, and how to reach it. */
export interface ConnectionOptions extends CallHeaders {
  /**
   * Several are tried in turn: in a list, or with commas between them. Credentials in it are sent as
   * Basic authentication. Default: `REGISTRY_URL` in the environment, else `http://localhost:9000`.
   */
  readonly registryUrl?: string | readonly string[] | undefined
  /** Default: the `fetch` of the platform. */
  readonly fetch?: Fetch | undefined
  /** Milliseconds that a call waits for its answer; default 5000. */
  readonly timeoutMs?: number | undefined
  /** Default: warnings go to `console.warn`; null: nothing is logged. */
  readonly logger?: ClientLogger | null | undefined
  /** Default: the clock of this machine. */
  readonly clock?: ClientClock | undefined
}

/** What an agent says of itself, and how it stays in the registry. */
export interface AgentOptions extends ConnectionOptions, HealthCheckOptions {
  /** Letters, digits and `. _ -`, in parts joined by `:`; at most 255 characters. */
  readonly agentId: string
  /** What people call it; at most 256 characters. */
  readonly agentName: string
  /**
   * Host name or IP address where others reach it. Default: `AGENT_HOST` or `POD_IP` in the
   * environment, else the address from which this machine reaches the registry, else its name.
   */
  readonly host?: string | undefined
  /** Default: `AGENT_PORT` in the environment, else 8000. */
  readonly port?: number | undefined
  /** Seconds that the agent is listed as alive without a heartbeat; default 60. */
  readonly ttlSeconds?: number | undefined
  /** Seconds between two heartbeats, less than the TTL; default: what the registry says, a third. */
  readonly heartbeatIntervalSeconds?: number | undefined
  /** An object, or a string that holds JSON; at most 4000 characters as JSON. */
  readonly metadata?: Readonly<Record<string, unknown>> | string | null | undefined
  /** What others find it by, at most 64; default: those in the metadata, else none. */
  readonly capabilities?: readonly string[] | undefined
  /** Of the agent, for people; default: none. */
  readonly version?: string | undefined
  /** Where to call the agent; default `http://host:port`. */
  readonly url?: string | undefined
  /** Default: what the registry has, `ready` for a new agent. */
  readonly status?: 'ready' | 'busy' | 'draining' | undefined
  /** 0 (idle) to 1 (full). */
  readonly load?: number | undefined
  /** Heartbeats alone keep the process running. Default false: they end with its other work. */
  readonly keepAlive?: boolean | undefined
  /** Ends everything that the client does: heartbeats, calls, streams. The agent is deregistered. */
  readonly signal?: AbortSignal | undefined
}

/** What `AgentRegistryClient.join` takes. */
export interface JoinOptions extends AgentOptions {
  /** Milliseconds to try while the registry cannot be reached; default 30 000. */
  readonly joinTimeoutMs?: number | undefined
  /** Default `timer`; `none`: somebody else sends them, such as a group or a worker thread. */
  readonly heartbeatFrom?: 'timer' | 'none' | undefined
}

/** The options with the environment and the defaults in. */
export interface ResolvedAgent {
  readonly agentId: string
  readonly agentName: string
  /** Undefined: it is found out with each registration. */
  readonly host: string | undefined
  readonly port: number
  readonly ttlSeconds: number
  readonly heartbeatIntervalSeconds: number | undefined
}

const DEFAULT_REGISTRY_URL = 'http://localhost:9000'
const DEFAULT_PORT = 8000
const DEFAULT_TTL_SECONDS = 60

/** @throws TypeError when it is no http(s) URL */
export function resolveRegistryUrl(given: string | readonly string[] | undefined): string {
  const urls = given ?? fromEnvironment('REGISTRY_URL') ?? DEFAULT_REGISTRY_URL
  return registryAddresses(urls)
    .map(({ given }) => given)
    .join(',')
}

/** @throws TypeError or RangeError that names the option and what is wrong with it */
export function resolveAgent(options: AgentOptions): ResolvedAgent {
  requireValidOptions(options)
  const { agentId, agentName, heartbeatIntervalSeconds } = options
  if (typeof agentId !== 'string' || !new RegExp(AGENT_ID_PATTERN).test(agentId)) {
    throw new TypeError(`agentId is "${agentId}"; it ${AgentId.patternErrorMessage}`)
  }
  if (!agentName) throw new TypeError('agentName is empty')
  if (typeof agentName !== 'string') {
    throw new TypeError(`agentName is ${typeof agentName}; it must be a text`)
  }
  const ttlSeconds = options.ttlSeconds ?? DEFAULT_TTL_SECONDS
  if (heartbeatIntervalSeconds !== undefined && heartbeatIntervalSeconds <= 0) {
    throw new RangeError(`heartbeatIntervalSeconds is ${heartbeatIntervalSeconds}; more than 0`)
  }
  if (heartbeatIntervalSeconds !== undefined && !(heartbeatIntervalSeconds < ttlSeconds)) {
    throw new RangeError(
      `heartbeatIntervalSeconds is ${heartbeatIntervalSeconds}, not less than the TTL of ` +
        `${ttlSeconds} s: the lease would lapse between two heartbeats`,
    )
  }
  requireJson(options.metadata)
  const host = options.host ?? fromEnvironment('AGENT_HOST') ?? fromEnvironment('POD_IP')
  if (host === undefined && machineName() === undefined) {
    throw new TypeError('host is not known here; give it as an option or in AGENT_HOST')
  }
  return {
    agentId,
    agentName,
    host,
    port: options.port ?? portFromEnvironment() ?? DEFAULT_PORT,
    ttlSeconds,
    heartbeatIntervalSeconds,
  }
}

/** @throws TypeError for what JSON cannot hold, or would make null of without a word */
function requireJson(metadata: AgentOptions['metadata']): void {
  const requireValue = (key: string, value: unknown): unknown => {
    const isOdd =
      typeof value === 'bigint' || (typeof value === 'number' && !Number.isFinite(value))
    if (isOdd) throw new TypeError(`it holds ${value} in "${key}"`)
    return value
  }
  asJson('metadata', metadata, requireValue)
}

function portFromEnvironment(): number | undefined {
  const text = fromEnvironment('AGENT_PORT')
  if (text === undefined) return undefined
  const port = Number(text)
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new TypeError(`AGENT_PORT is "${text}"; it must be a whole number from 1 to 65535`)
  }
  return port
}
