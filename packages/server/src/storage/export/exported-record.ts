import { AGENT_STATUSES, type AgentDetails, LIMITS, mapDetails } from '@rollcall/protocol'
import {
  boolean,
  custom,
  integer,
  list,
  nullable,
  number,
  oneOf,
  type Schema,
  text,
} from '@rollcall/protocol/json-schema'
import type { CardSummary } from '../../domain/agent-card.ts'
import { AgentRecord, type AgentRecordFields } from '../../domain/agent-record.ts'
import { completeDetails, NO_TAGS } from '../../domain/details.ts'
import type { Metadata } from '../../domain/metadata.ts'
import {
  ExportedMaintenance,
  fromExportedMaintenance,
  toExportedMaintenance,
} from './exported-maintenance.ts'

/** A field of a record: its name in an export, and its rule. */
interface ExportedField {
  readonly name: string
  readonly rule: Schema
  /** Exports of older versions lack it. */
  readonly isNew?: true
}

/**
 * Every field of a record. A new one does not compile until it is here. Older exports lack it: then it needs a
 * default in {@link fromExportedRecord}, and may not be required.
 */
const FIELDS: Readonly<Record<keyof AgentRecordFields, ExportedField>> = {
  agentId: { name: 'agent_id', rule: text({ minLength: 1, maxLength: LIMITS.agentIdCharacters }) },
  agentName: { name: 'agent_name', rule: text() },
  host: { name: 'host', rule: text() },
  port: { name: 'port', rule: integer({ minimum: 1, maximum: 65_535 }) },
  ttlSeconds: { name: 'ttl_seconds', rule: integer({ minimum: 1 }) },
  // As text, because it comes back exactly as it was sent.
  metadata: {
    name: 'metadata',
    rule: nullable(
      custom({
        type: 'object',
        properties: { json: text(), given_as: oneOf(['object', 'string']) },
        required: ['json', 'given_as'],
        additionalProperties: false,
      }),
    ),
  },
  capabilities: { name: 'capabilities', rule: list(text()) },
  version: { name: 'version', rule: nullable(text()) },
  details: {
    name: 'details',
    rule: custom({
      type: 'object',
      properties: mapDetails(() => nullable(text())),
      additionalProperties: false,
    }),
  },
  tags: { name: 'tags', rule: list(text()), isNew: true },
  card: {
    name: 'card',
    rule: nullable(
      custom({
        type: 'object',
        properties: { digest: text(), format: text(), words: text() },
        required: ['digest', 'format', 'words'],
        additionalProperties: false,
      }),
    ),
    isNew: true,
  },
  url: { name: 'url', rule: text() },
  status: { name: 'status', rule: oneOf(AGENT_STATUSES) },
  load: { name: 'load', rule: nullable(number({ minimum: 0, maximum: 1 })) },
  instanceId: { name: 'instance_id', rule: nullable(text({ minLength: 1 })) },
  incarnation: { name: 'incarnation', rule: integer({ minimum: 1 }) },
  owner: { name: 'owner', rule: nullable(text({ minLength: 1 })) },
  registeredAtMs: { name: 'registered_at_ms', rule: integer() },
  updatedAtMs: { name: 'updated_at_ms', rule: integer(), isNew: true },
  lastHeartbeatMs: { name: 'last_heartbeat_ms', rule: integer() },
  expiresAtMs: { name: 'expires_at_ms', rule: integer() },
  revision: { name: 'revision', rule: integer({ minimum: 0 }) },
  suspect: { name: 'suspect', rule: boolean() },
  maintenance: { name: 'maintenance', rule: nullable(ExportedMaintenance) },
  alive: { name: 'alive', rule: boolean() },
}

const ENTRIES = Object.entries(FIELDS) as [keyof AgentRecordFields, ExportedField][]

const RULES = Object.fromEntries(ENTRIES.map(([, { name, rule }]) => [name, rule]))

/** The fields that every export has. */
const REQUIRED = ENTRIES.filter(([, { isNew }]) => !isNew).map(([, { name }]) => name)

/** The rule of an agent in the history. */
export const EXPORTED_RECORD = ruleOf(RULES)

const { expires_at_ms: _, ...WITHOUT_DEADLINE } = RULES
/** The rule of an agent in the registry, with what was left of its lease; negative after the deadline. */
export const EXPORTED_AGENT = ruleOf({ ...WITHOUT_DEADLINE, lease_remaining_ms: integer() })

/** Fields of a newer version are rejected rather than lost. */
function ruleOf(properties: Readonly<Record<string, Schema>>): Schema<Record<string, unknown>> {
  const known = new Set(Object.keys(properties))
  const required = [...REQUIRED, 'lease_remaining_ms'].filter((name) => known.has(name))
  return custom({ type: 'object', properties, required, additionalProperties: false })
}

/**
 * Converts an agent of the registry. The end of its lease moves while no registry is running; what is left of
 * it does not.
 */
export function toExportedAgent(record: AgentRecordFields, atMs: number): Record<string, unknown> {
  const { expires_at_ms: _, ...exported } = toExportedRecord(record)
  return { ...exported, lease_remaining_ms: record.expiresAtMs - atMs }
}

/** Converts back what {@link EXPORTED_AGENT} accepts. */
export function fromExportedAgent(exported: Record<string, unknown>, atMs: number): AgentRecord {
  const remainingMs = exported.lease_remaining_ms as number
  return fromExportedRecord({ ...exported, expires_at_ms: atMs + remainingMs })
}

/** Converts an agent of the history. */
export function toExportedRecord(record: AgentRecordFields): Record<string, unknown> {
  const { metadata, maintenance } = record
  const exported = Object.fromEntries(ENTRIES.map(([field, { name }]) => [name, record[field]]))
  return {
    ...exported,
    metadata: metadata && { json: metadata.json, given_as: metadata.givenAs },
    maintenance: maintenance && toExportedMaintenance(maintenance),
  }
}

/** Converts back what {@link EXPORTED_RECORD} accepts. */
export function fromExportedRecord(exported: Record<string, unknown>): AgentRecord {
  const fields = Object.fromEntries(ENTRIES.map(([field, { name }]) => [field, exported[name]]))
  const metadata = exported.metadata as { json: string; given_as: Metadata['givenAs'] } | null
  const maintenance = exported.maintenance as ExportedMaintenance | null
  return new AgentRecord({
    ...(fields as unknown as AgentRecordFields),
    details: completeDetails(exported.details as Partial<AgentDetails>),
    tags: (exported.tags as readonly string[] | undefined) ?? NO_TAGS,
    card: (exported.card as CardSummary | undefined) ?? null,
    updatedAtMs: (exported.updated_at_ms ?? exported.registered_at_ms) as number,
    metadata: metadata && { json: metadata.json, givenAs: metadata.given_as },
    maintenance: maintenance && fromExportedMaintenance(maintenance),
  })
}
