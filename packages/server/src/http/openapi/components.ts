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

/** Returns a reference to a schema that has a name, or to that of its items; else the schema. */
export function reference(schema: Schema): object {
  const name = nameOf.get(schema)
  if (name) return { $ref: `#/components/schemas/${name}` }
  if ('items' in schema && nameOf.has(schema.items as Schema)) {
    return { ...schema, items: reference(schema.items as Schema) }
  }
  return schema
}

/** Returns the schemas that have a name, with references where one is a property of another. */
export function componentSchemas(): Record<string, object> {
  const schemas = Object.entries(COMPONENTS).map(([name, schema]) => {
    const { properties } = schema as { properties?: Readonly<Record<string, Schema>> }
    const linked = Object.entries(properties ?? {}).map(([field, it]) => [field, reference(it)])
    return [name, properties ? { ...schema, properties: Object.fromEntries(linked) } : schema]
  })
  return Object.fromEntries(schemas)
}
