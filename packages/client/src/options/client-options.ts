import { AGENT_ID_PATTERN, AgentId } from '@rollcall/protocol'
import type { HealthCheckOptions } from '../agent/health-check.ts'
import type { ClientLogger } from '../client-logger.ts'
import type { ClientClock } from '../clock.ts'
import type { Fetch } from '../transport/call.ts'
import type { CallHeaders } from '../transport/call-headers.ts'
import { registryAddresses } from '../transport/registry-addresses.ts'
import { toJson } from '../transport/responses.ts'
import { requireValidOptions } from './option-rules.ts'
import { fromEnvironment, machineName } from './platform.ts'

/** Options for the connection to the registry. */
export interface ConnectionOptions extends CallHeaders {
  /**
   * URL of the registry. Several, as an array or comma-separated, are used for failover.
   * Credentials in the URL are sent as Basic authentication. Default: the environment variable
   * `REGISTRY_URL`, else `http://localhost:9000`.
   */
  readonly registryUrl?: string | readonly string[] | undefined
  /** Default: the `fetch` of the platform. */
  readonly fetch?: Fetch | undefined
  /** Timeout of a call in milliseconds; default 5000. */
  readonly timeoutMs?: number | undefined
  /** Default: warnings go to `console.warn`. Null disables logging. */
  readonly logger?: ClientLogger | null | undefined
  /** Default: the clock of this machine. */
  readonly clock?: ClientClock | undefined
}

/** Properties of an agent, and options that keep it registered. */
export interface AgentOptions extends ConnectionOptions, HealthCheckOptions {
  /** Letters, digits and `. _ -`, in parts joined by `:`; at most 255 characters. */
  readonly agentId: string
  /** Display name; at most 256 characters. */
  readonly agentName: string
  /**
   * Host name or IP address where others reach the agent. Default: the environment variable
   * `AGENT_HOST` or `POD_IP`, else the address from which this machine reaches the registry, else
   * its host name.
   */
  readonly host?: string | undefined
  /** Default: the environment variable `AGENT_PORT`, else 8000. */
  readonly port?: number | undefined
  /** Lease duration in seconds: how long the agent is listed without a heartbeat; default 60. */
  readonly ttlSeconds?: number | undefined
  /**
   * Seconds between two heartbeats, less than the TTL; default: as the registry asks, a third of
   * it.
   */
  readonly heartbeatIntervalSeconds?: number | undefined
  /** An object, or a string of JSON; at most 4000 characters as JSON. */
  readonly metadata?: Readonly<Record<string, unknown>> | string | null | undefined
  /** What the agent can do, at most 64; default: `capabilities` in the metadata, else none. */
  readonly capabilities?: readonly string[] | undefined
  /** Version of the agent, for display; default: none. */
  readonly version?: string | undefined
  /** URL at which to call the agent; default `http://host:port`. */
  readonly url?: string | undefined
  /** Default: unchanged; `ready` for a new agent. */
  readonly status?: 'ready' | 'busy' | 'draining' | undefined
  /** Load from 0 (idle) to 1 (full). */
  readonly load?: number | undefined
  /**
   * Whether heartbeats keep the process running. Default false: they stop when it has no other
   * work.
   */
  readonly keepAlive?: boolean | undefined
  /** Stops heartbeats, calls and streams when aborted, and deregisters the agent. */
  readonly signal?: AbortSignal | undefined
}

/** Options of `AgentRegistryClient.join`. */
export interface JoinOptions extends AgentOptions {
  /** Milliseconds to retry while the registry is unreachable; default 30 000. */
  readonly joinTimeoutMs?: number | undefined
  /**
   * Default `timer`. With `none`, heartbeats are sent elsewhere, such as by a group or a worker
   * thread.
   */
  readonly heartbeatFrom?: 'timer' | 'none' | undefined
}

/** The options of an agent with environment variables and defaults applied. */
export interface ResolvedAgent {
  readonly agentId: string
  readonly agentName: string
  /** Undefined: looked up at each registration. */
  readonly host: string | undefined
  readonly port: number
  readonly ttlSeconds: number
  readonly heartbeatIntervalSeconds: number | undefined
}

const DEFAULT_REGISTRY_URL = 'http://localhost:9000'
const DEFAULT_PORT = 8000
const DEFAULT_TTL_SECONDS = 60

/** @throws TypeError if it is not an http(s) URL */
export function resolveRegistryUrl(given: string | readonly string[] | undefined): string {
  const urls = given ?? fromEnvironment('REGISTRY_URL') ?? DEFAULT_REGISTRY_URL
  return registryAddresses(urls)
    .map(({ given }) => given)
    .join(',')
}

/** @throws TypeError or RangeError that names the invalid option and the reason */
export function resolveAgent(options: AgentOptions): ResolvedAgent {
  requireValidOptions(options)
  const { agentId, agentName, heartbeatIntervalSeconds } = options
  if (typeof agentId !== 'string' || !new RegExp(AGENT_ID_PATTERN).test(agentId)) {
    throw new TypeError(`agentId is "${agentId}"; it ${AgentId.patternErrorMessage}`)
  }
  if (!agentName) throw new TypeError('agentName is empty')
  if (typeof agentName !== 'string') {
    throw new TypeError(`agentName is ${typeof agentName}; it must be a string`)
  }
  const ttlSeconds = options.ttlSeconds ?? DEFAULT_TTL_SECONDS
  if (heartbeatIntervalSeconds !== undefined && heartbeatIntervalSeconds <= 0) {
    throw new RangeError(
      `heartbeatIntervalSeconds is ${heartbeatIntervalSeconds}; it must be greater than 0`,
    )
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
    throw new TypeError('host cannot be determined; set the option host or AGENT_HOST')
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

/** @throws TypeError for a value that JSON cannot represent, or would silently turn into null */
function requireJson(metadata: AgentOptions['metadata']): void {
  const requireValue = (key: string, value: unknown): unknown => {
    const isUnrepresentable =
      typeof value === 'bigint' || (typeof value === 'number' && !Number.isFinite(value))
    if (isUnrepresentable) throw new TypeError(`it contains ${value} in "${key}"`)
    return value
  }
  toJson('metadata', metadata, requireValue)
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
