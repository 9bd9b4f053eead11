import {
  Agent,
  AgentEvent,
  Card,
  CardReceipt,
  CardVerification,
  CleanupReceipt,
  CreatedToken,
  DeletedAgent,
  EndedMaintenance,
  Health,
  HeartbeatBatch,
  HeartbeatBatchReceipt,
  HeartbeatReceipt,
  HeartbeatReport,
  LoadsEvent,
  Maintenance,
  MaintenanceEntry,
  MaintenanceRequest,
  Probe,
  ProblemDetails,
  RegisteredAgent,
  Registration,
  RegistryDescription,
  RevokedToken,
  SnapshotEvent,
  StreamEvent,
  Token,
  TokenRequest,
} from '@rollcall/protocol'
import type { Schema } from '@rollcall/protocol/json-schema'
import {
  ArdEntries,
  ArdSearchRequest,
  ArdSearchResults,
  CatalogEntry,
  CatalogManifest,
} from '../../operations/ard-operations.ts'
import { CloudEvent } from '../../operations/cloud-event-schema.ts'
import { McpMessage } from '../../operations/mcp-operations.ts'
import {
  McpServerCard,
  RegisteredServer,
  ServerList,
} from '../../operations/mcp-registry-operations.ts'
import { TargetGroup } from '../../operations/target-group.ts'
import {
  CreatedWebhook,
  DeletedWebhook,
  Webhook,
  WebhookFilter,
  WebhookPatch,
  WebhookRequest,
  WebhookTest,
} from '../../operations/webhook-schemas.ts'
import { documentedSchema } from './documented-schema.ts'

/** Named schemas of the document, so that generated clients have types with good names. */
const COMPONENTS: Readonly<Record<string, Schema>> = {
  Agent,
  RegisteredAgent,
  Registration,
  HeartbeatReport,
  HeartbeatReceipt,
  HeartbeatBatch,
  HeartbeatBatchReceipt,
  DeletedAgent,
  CleanupReceipt,
  Card,
  CardReceipt,
  CardVerification,
  Maintenance,
  MaintenanceRequest,
  MaintenanceEntry,
  EndedMaintenance,
  TokenRequest,
  CreatedToken,
  Token,
  RevokedToken,
  AgentEvent,
  SnapshotEvent,
  StreamEvent,
  LoadsEvent,
  McpMessage,
  CatalogEntry,
  CatalogManifest,
  ArdSearchRequest,
  ArdSearchResults,
  ArdEntries,
  McpServerCard,
  RegisteredServer,
  ServerList,
  TargetGroup,
  CloudEvent,
  WebhookFilter,
  WebhookRequest,
  WebhookPatch,
  Webhook,
  CreatedWebhook,
  DeletedWebhook,
  WebhookTest,
  RegistryDescription,
  Health,
  Probe,
  ProblemDetails,
}
const nameOf = new Map(Object.entries(COMPONENTS).map(([name, schema]) => [schema, name]))

/** Returns a reference to a named schema; otherwise the schema itself in its documented form. */
export function reference(schema: Schema): object {
  const name = nameOf.get(schema)
  return name ? { $ref: `#/components/schemas/${name}` } : documentedSchema(schema, reference)
}

/** Returns the named schemas, with references where one contains another. */
export function componentSchemas(): Record<string, object> {
  const schemas = Object.entries(COMPONENTS).map(([name, schema]) => [
    name,
    documentedSchema(schema, reference),
  ])
  return Object.fromEntries(schemas)
}
