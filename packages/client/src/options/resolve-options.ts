import { AGENT_ID_PATTERN, AgentId, LIMITS } from '@rollcall/protocol'
import { registryAddresses } from '../transport/registry-addresses.ts'
import { toJson } from '../transport/responses.ts'
import type { AgentOptions, ClientOptions } from './client-options.ts'
import { requireValidOptions } from './option-rules.ts'
import { ownInstanceId } from './own-instance.ts'
import { fromEnvironment, machineName } from './platform.ts'

/** The options of an agent with environment variables and defaults applied. */
export interface ResolvedAgent {
  readonly agentId: string
  /** Undefined: in the card. */
  readonly agentName: string | undefined
  /** Undefined: looked up at each registration, or in the card. */
  readonly host: string | undefined
  /** Undefined: in the card, and the host as well. */
  readonly port: number | undefined
  readonly ttlSeconds: number
  readonly heartbeatIntervalSeconds: number | undefined
  /** Undefined: none is sent. */
  readonly instanceId: string | undefined
}

const DEFAULT_REGISTRY_URL = 'http://localhost:9000'
const DEFAULT_PORT = 8000

/** @throws TypeError if it is not an http(s) URL */
export function resolveRegistryUrl(given: string | readonly string[] | undefined): string {
  const urls = given ?? fromEnvironment('REGISTRY_URL') ?? DEFAULT_REGISTRY_URL
  return registryAddresses(urls)
    .map(({ given }) => given)
    .join(',')
}

/** @throws TypeError or RangeError that names the invalid option and the reason */
export function resolveAgent(options: ClientOptions): ResolvedAgent {
  requireValidOptions(options)
  const { agentId, agentName, heartbeatIntervalSeconds } = options
  if (typeof agentId !== 'string' || !new RegExp(AGENT_ID_PATTERN).test(agentId)) {
    throw new TypeError(`agentId is "${agentId}"; it ${AgentId.patternErrorMessage}`)
  }
  requireName(options)
  const ttlSeconds = options.ttlSeconds ?? LIMITS.ttlSeconds.default
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
  return {
    agentId,
    agentName,
    ...addressOf(options),
    ttlSeconds,
    heartbeatIntervalSeconds,
    instanceId: options.instanceId === null ? undefined : (options.instanceId ?? ownInstanceId()),
  }
}

/** @throws TypeError */
function requireName({ agentName, card }: ClientOptions): void {
  if (agentName === undefined && card) return
  if (!agentName) throw new TypeError('agentName is empty')
  if (typeof agentName !== 'string') {
    throw new TypeError(`agentName is ${typeof agentName}; it must be a string`)
  }
}

/** @throws TypeError if the host cannot be determined */
function addressOf(options: ClientOptions): Pick<ResolvedAgent, 'host' | 'port'> {
  const { card } = options
  // The environment says where the process runs; the card says where the agent is called.
  if (card && options.host === undefined && options.port === undefined) {
    return { host: undefined, port: undefined }
  }
  const host = options.host ?? fromEnvironment('AGENT_HOST') ?? fromEnvironment('POD_IP')
  if (host === undefined && machineName() === undefined) {
    throw new TypeError('host cannot be determined; set the option host or AGENT_HOST')
  }
  return { host, port: options.port ?? portFromEnvironment() ?? DEFAULT_PORT }
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
