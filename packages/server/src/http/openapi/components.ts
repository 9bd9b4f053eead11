import {
  Agent,
  AgentEvent,
  CleanupReceipt,
  DeletedAgent,
  Health,
  HeartbeatBatch,
  HeartbeatBatchReceipt,
  HeartbeatReceipt,
  HeartbeatReport,
  LoadsEvent,
  Probe,
  ProblemDetails,
  RegisteredAgent,
  Registration,
  RegistryDescription,
  SnapshotEvent,
  StreamEvent,
} from '@rollcall/protocol'
import type { Schema } from '@rollcall/protocol/json-schema'
import { TargetGroup } from '../../operations/target-group.ts'
import { documentedSchema } from './documented-schema.ts'

/** Schemas that the document names, so that generated clients get types with good names. */
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
  AgentEvent,
  SnapshotEvent,
  StreamEvent,
  LoadsEvent,
  TargetGroup,
  RegistryDescription,
  Health,
  Probe,
  ProblemDetails,
}
const nameOf = new Map(Object.entries(COMPONENTS).map(([name, schema]) => [schema, name]))

/** Returns a reference to a schema that has a name; else the schema as the document shows it. */
export function reference(schema: Schema): object {
  const name = nameOf.get(schema)
  return name ? { $ref: `#/components/schemas/${name}` } : documentedSchema(schema, reference)
}

/** Returns the schemas that have a name, with references where one is a part of another. */
export function componentSchemas(): Record<string, object> {
  const schemas = Object.entries(COMPONENTS).map(([name, schema]) => [
    name,
    documentedSchema(schema, reference),
  ])
  return Object.fromEntries(schemas)
}
