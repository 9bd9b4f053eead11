import type { GivenDetails } from '@rollcall/protocol'
import type { HealthCheckOptions } from '../agent/health-check.ts'
import type { ClientLogger } from '../client-logger.ts'
import type { ClientClock } from '../clock.ts'
import type { Fetch } from '../transport/call.ts'
import type { CallHeaders } from '../transport/call-headers.ts'

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

/** A card: an object, or JSON text, which is then served byte for byte; at most 64 KiB. */
export type GivenCard = Readonly<Record<string, unknown>> | string

/** Properties of an agent, and options that keep it registered. */
export interface AgentOptions extends ConnectionOptions, HealthCheckOptions, GivenDetails {
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
  /** Words by which people look for the agent, at most 64; default: none. */
  readonly tags?: readonly string[] | undefined
  /**
   * The card of the agent, such as an A2A agent card. What other options leave out is taken from it:
   * host and port as well, unless one of them is given. Null removes it. Default: unchanged.
   */
  readonly card?: GivenCard | null | undefined
  /** Version of the agent, for display; default: none. */
  readonly version?: string | undefined
  /** URL at which to call the agent; default `http://host:port`. */
  readonly url?: string | undefined
  /** Default: unchanged; `ready` for a new agent. */
  readonly status?: 'ready' | 'busy' | 'draining' | undefined
  /** Load from 0 (idle) to 1 (full). */
  readonly load?: number | undefined
  /**
   * Identifies this process among those that register the agent: the last one is current, and the
   * others are `superseded`. Up to 128 letters, digits and `. _ : -`. Default: the environment
   * variable `AGENT_INSTANCE_ID`, else a UUID for the process. Null: none.
   */
  readonly instanceId?: string | null | undefined
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

/** Options of `AgentRegistryClient.joinFromCard`; what they leave out is taken from the card. */
export interface JoinFromCardOptions extends Omit<JoinOptions, 'agentName' | 'card'> {
  /** Default: the name in the card. */
  readonly agentName?: string | undefined
}

/** Options of a client, by properties or by a card. */
export type ClientOptions = JoinOptions | (JoinFromCardOptions & { readonly card: GivenCard })
