import type { AgentStatus } from '@rollcall/protocol'
import type { AgentProfile } from './agent-registration.ts'
import { fromMetadata, type Metadata } from './metadata.ts'

/** What an {@link AgentRecord} is made of; the fields mean what they mean there. */
export interface AgentRecordFields extends AgentProfile {
  /** Names it in the registry. */
  readonly agentId: string
  /** What the agent said of itself. */
  readonly status: AgentStatus
  /** 0 (idle) to 1 (full), or null. */
  readonly load: number | null
  /** Unix time in milliseconds, as are the next two. */
  readonly registeredAtMs: number
  /** The last sign of life. */
  readonly lastHeartbeatMs: number
  /** The deadline of the lease. */
  readonly expiresAtMs: number
  /** Of the last visible change. */
  readonly revision: number
  /** Whether the lease ran when the store answered. */
  readonly alive: boolean
}

/** One agent as it was when it was read. It never changes; read again for news. */
export class AgentRecord implements AgentRecordFields {
  /** Names it in the registry. */
  readonly agentId: string
  /** What people call it. */
  readonly agentName: string
  /** Host name or IP address. */
  readonly host: string
  /** 1 to 65535. */
  readonly port: number
  /** Seconds that the lease lasts without a heartbeat. */
  readonly ttlSeconds: number
  /** As JSON text; see {@link metadataValue}. */
  readonly metadata: Metadata | null
  /** What it can do. */
  readonly capabilities: readonly string[]
  /** Of the agent; null when it never said. */
  readonly version: string | null
  /** Where to call it. */
  readonly url: string
  /** What the agent said of itself, also after it expired. */
  readonly status: AgentStatus
  /** 0 (idle) to 1 (full), or null when it never said. */
  readonly load: number | null
  /** Unix time in milliseconds, as are the next two. */
  readonly registeredAtMs: number
  /** The last sign of life. */
  readonly lastHeartbeatMs: number
  /** The deadline of the lease: last heartbeat + TTL, plus time the registry was not listening. */
  readonly expiresAtMs: number
  /** Of the last visible change. */
  readonly revision: number
  /** Whether the lease ran when the store answered, by the clock of the store. */
  readonly alive: boolean

  /** For stores. */
  constructor(fields: AgentRecordFields) {
    this.agentId = fields.agentId
    this.agentName = fields.agentName
    this.host = fields.host
    this.port = fields.port
    this.ttlSeconds = fields.ttlSeconds
    this.metadata = fields.metadata
    this.capabilities = fields.capabilities
    this.version = fields.version
    this.url = fields.url
    this.status = fields.status
    this.load = fields.load
    this.registeredAtMs = fields.registeredAtMs
    this.lastHeartbeatMs = fields.lastHeartbeatMs
    this.expiresAtMs = fields.expiresAtMs
    this.revision = fields.revision
    this.alive = fields.alive
  }

  /**
   * Whether the lease runs at a moment. At exactly the deadline it does not.
   *
   * @param nowMs Unix time in milliseconds; default: now, by the clock of this machine
   */
  isAlive(nowMs: number = Date.now()): boolean {
    return nowMs < this.expiresAtMs
  }

  /** The metadata in the form it was given: an object, a string, or null. */
  get metadataValue(): Record<string, unknown> | string | null {
    return fromMetadata(this.metadata)
  }
}
