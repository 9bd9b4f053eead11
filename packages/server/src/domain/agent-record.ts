import type { AgentStatus } from '@rollcall/protocol'
import type { AgentProfile } from './agent-registration.ts'
import { fromMetadata, type Metadata } from './metadata.ts'

/** What an {@link AgentRecord} is made of; the fields mean what they mean there. */
export interface AgentRecordFields extends AgentProfile {
  readonly agentId: string
  readonly status: AgentStatus
  readonly load: number | null
  readonly registeredAtMs: number
  readonly lastHeartbeatMs: number
  readonly expiresAtMs: number
  readonly revision: number
  readonly alive: boolean
}

/** One agent as it was when it was read. It never changes; read again for news. */
export class AgentRecord implements AgentRecordFields {
  readonly agentId: string
  readonly agentName: string
  readonly host: string
  readonly port: number
  readonly ttlSeconds: number
  /** As JSON text; see {@link metadataValue}. */
  readonly metadata: Metadata | null
  readonly capabilities: readonly string[]
  readonly version: string | null
  readonly url: string
  /** What the agent said of itself, also after it expired. */
  readonly status: AgentStatus
  /** 0 (idle) to 1 (full), or null when it never said. */
  readonly load: number | null
  /** Unix time in milliseconds, as are the next two. */
  readonly registeredAtMs: number
  readonly lastHeartbeatMs: number
  /** The deadline of the lease: last heartbeat + TTL, plus time the registry was not listening. */
  readonly expiresAtMs: number
  /** Of the last visible change. */
  readonly revision: number
  /** Whether the lease ran when the store answered, by the clock of the store. */
  readonly alive: boolean

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
