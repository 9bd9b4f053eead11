import type { AgentDetails, AgentStatus } from '@rollcall/protocol'
import type { CardSummary } from './agent-card.ts'
import type { AgentProfile } from './agent-registration.ts'
import type { Maintenance } from './maintenance.ts'
import { fromMetadata, type Metadata } from './metadata.ts'

/** The fields of an {@link AgentRecord}, with the same meaning. */
export interface AgentRecordFields extends AgentProfile {
  /** Unique in the registry. */
  readonly agentId: string
  /** The last status that the agent reported. */
  readonly status: AgentStatus
  /** 0 (idle) to 1 (full), or null. */
  readonly load: number | null
  /** The process that registered it; null: it did not say. */
  readonly instanceId: string | null
  /** Number of instances that have registered it, one after the other. */
  readonly incarnation: number
  /** The principal that the agent belongs to; null: nobody. */
  readonly owner: string | null
  /** Unix time in milliseconds, like the next three. */
  readonly registeredAtMs: number
  /** When it last changed visibly. */
  readonly updatedAtMs: number
  /** When the last registration or heartbeat arrived. */
  readonly lastHeartbeatMs: number
  /** The deadline of the lease. */
  readonly expiresAtMs: number
  /** The revision of the last visible change. */
  readonly revision: number
  /** Whether the brake on mass expiry held back the agent's expiry; meaningless once it is dead. */
  readonly suspect: boolean
  /** What an operator has decided about the agent; null: nothing. */
  readonly maintenance: Maintenance | null
  /** Whether the lease was running when the store was read. */
  readonly alive: boolean
}

/** An immutable snapshot of one agent at the time of the read. */
export class AgentRecord implements AgentRecordFields {
  /** Unique in the registry. */
  readonly agentId: string
  /** The display name. */
  readonly agentName: string
  /** Host name or IP address. */
  readonly host: string
  /** 1 to 65535. */
  readonly port: number
  /** Seconds that the lease lasts without a heartbeat. */
  readonly ttlSeconds: number
  /** As JSON text; see {@link metadataValue}. */
  readonly metadata: Metadata | null
  /** What the agent can do. */
  readonly capabilities: readonly string[]
  /** The version of the agent; null when not reported. */
  readonly version: string | null
  /** Texts that describe the agent; null for those that it did not report. */
  readonly details: AgentDetails
  /** Words by which people look for the agent. */
  readonly tags: readonly string[]
  /** What is known of its card; null: it has none. See `AgentRegistryRepository.card`. */
  readonly card: CardSummary | null
  /** Where to call the agent. */
  readonly url: string
  /** The last status that the agent reported, even after it expired. */
  readonly status: AgentStatus
  /** 0 (idle) to 1 (full), or null when not reported. */
  readonly load: number | null
  /** The process that registered it; null: it did not say. */
  readonly instanceId: string | null
  /** Number of instances that have registered it, one after the other. */
  readonly incarnation: number
  /** The principal that the agent belongs to; null: nobody. */
  readonly owner: string | null
  /** Unix time in milliseconds, like the next three. */
  readonly registeredAtMs: number
  /** When it last changed visibly. */
  readonly updatedAtMs: number
  /** When the last registration or heartbeat arrived. */
  readonly lastHeartbeatMs: number
  /** The deadline of the lease: last heartbeat + TTL, plus the time the registry was not listening. */
  readonly expiresAtMs: number
  /** The revision of the last visible change. */
  readonly revision: number
  /** Whether the brake on mass expiry held back the agent's expiry; meaningless once it is dead. */
  readonly suspect: boolean
  /** What an operator has decided about the agent; null: nothing. */
  readonly maintenance: Maintenance | null
  /** Whether the lease was running when the store was read, by the clock of the store. */
  readonly alive: boolean

  /** Creates a record. Intended for storage back-ends. */
  constructor(fields: AgentRecordFields) {
    this.agentId = fields.agentId
    this.agentName = fields.agentName
    this.host = fields.host
    this.port = fields.port
    this.ttlSeconds = fields.ttlSeconds
    this.metadata = fields.metadata
    this.capabilities = fields.capabilities
    this.version = fields.version
    this.details = fields.details
    this.tags = fields.tags
    this.card = fields.card
    this.url = fields.url
    this.status = fields.status
    this.load = fields.load
    this.instanceId = fields.instanceId
    this.incarnation = fields.incarnation
    this.owner = fields.owner
    this.registeredAtMs = fields.registeredAtMs
    this.updatedAtMs = fields.updatedAtMs
    this.lastHeartbeatMs = fields.lastHeartbeatMs
    this.expiresAtMs = fields.expiresAtMs
    this.revision = fields.revision
    this.suspect = fields.suspect
    this.maintenance = fields.maintenance
    this.alive = fields.alive
  }

  /**
   * Whether the lease is running at a given time. At exactly the deadline it is not.
   *
   * @param nowMs Unix time in milliseconds; default: now, by the clock of this machine
   */
  isAlive(nowMs: number = Date.now()): boolean {
    return nowMs < this.expiresAtMs
  }

  /** The metadata in the form in which it was sent: an object, a string, or null. */
  get metadataValue(): Record<string, unknown> | string | null {
    return fromMetadata(this.metadata)
  }
}
