import { AGENT_ID_PATTERN, AgentId } from '@rollcall/protocol'
import type { ClientLogger } from './client-logger.ts'
import type { ClientClock } from './clock.ts'
import type { Fetch } from './connection.ts'
import { requireFitting } from './option-rules.ts'

/** Where the registry is, and how to reach it. */
export interface ConnectionOptions {
  /** Default: `REGISTRY_URL` in the environment, else `http://localhost:9000`. */
  readonly registryUrl?: string | undefined
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
export interface AgentOptions extends ConnectionOptions {
  /** Letters, digits and `. _ -`, in parts joined by `:`; at most 255 characters. */
  readonly agentId: string
  /** What people call it; at most 256 characters. */
  readonly agentName: string
  /** Default: `AGENT_HOST` in the environment, else the name of this machine where there is one. */
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

/** The options with the environment and the defaults in. */
export interface ResolvedAgent {
  readonly agentId: string
  readonly agentName: string
  readonly host: string
  readonly port: number
  readonly ttlSeconds: number
  readonly heartbeatIntervalSeconds: number | undefined
}

const DEFAULT_REGISTRY_URL = 'http://localhost:9000'
const DEFAULT_PORT = 8000
const DEFAULT_TTL_SECONDS = 60

/** @throws TypeError when it is no http(s) URL */
export function resolveRegistryUrl(given: string | undefined): string {
  const url = (given ?? fromEnvironment('REGISTRY_URL') ?? DEFAULT_REGISTRY_URL).replace(/\/+$/, '')
  if (!/^https?:\/\/[^/]/.test(url) || !URL.canParse(url)) {
    throw new TypeError(`registryUrl is "${url}"; it must begin with http:// or https://`)
  }
  return url
}

/** @throws TypeError or RangeError that names the option and what is wrong with it */
export function resolveAgent(options: AgentOptions): ResolvedAgent {
  requireFitting(options)
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
  JSON.stringify(options.metadata, requireFinite)
  const host = options.host ?? fromEnvironment('AGENT_HOST') ?? machineName()
  if (host === undefined) {
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

/** `JSON.stringify` makes null of it without a word. */
function requireFinite(key: string, value: unknown): unknown {
  if (typeof value !== 'number' || Number.isFinite(value)) return value
  throw new TypeError(`metadata has ${value} in "${key}", which JSON cannot hold`)
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

/** The part of a process that Node, Bun and Deno have in common; browsers have none. */
interface ProcessLike {
  readonly env?: Readonly<Record<string, string | undefined>>
  getBuiltinModule?(name: string): unknown
}

function processLike(): ProcessLike | undefined {
  return Reflect.get(globalThis, 'process')
}

function fromEnvironment(name: string): string | undefined {
  return processLike()?.env?.[name] || undefined
}

/** Asked for at run time, so that bundlers for browsers have nothing to resolve; Node 20.16 can. */
function machineName(): string | undefined {
  const os = processLike()?.getBuiltinModule?.('os') as { hostname(): string } | undefined
  return os?.hostname() ?? fromEnvironment('HOSTNAME') ?? fromEnvironment('COMPUTERNAME')
}
