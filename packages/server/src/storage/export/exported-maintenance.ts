import { integer, object, type Static, text } from '@rollcall/protocol/json-schema'
import type { Maintenance, MaintenanceEntry } from '../../domain/maintenance.ts'

const RULES = {
  reason: text({ minLength: 1 }),
  since_ms: integer(),
  by: text({ minLength: 1 }),
}

/** The maintenance of an agent. */
export const ExportedMaintenance = object(RULES, { additionalProperties: false })
export type ExportedMaintenance = Static<typeof ExportedMaintenance>

/** An entry of maintenance, in the header. */
export const ExportedEntry = object(
  { pattern: text({ minLength: 1 }), ...RULES },
  { additionalProperties: false },
)
export type ExportedEntry = Static<typeof ExportedEntry>

/** Converts a maintenance. */
export function toExportedMaintenance({ reason, sinceMs, by }: Maintenance): ExportedMaintenance {
  return { reason, since_ms: sinceMs, by }
}

/** Converts back what {@link ExportedMaintenance} accepts. */
export function fromExportedMaintenance(exported: ExportedMaintenance): Maintenance {
  const { reason, since_ms: sinceMs, by } = exported
  return { reason, sinceMs, by }
}

/** Converts an entry. */
export function toExportedEntry(entry: MaintenanceEntry): ExportedEntry {
  return { pattern: entry.pattern, ...toExportedMaintenance(entry) }
}

/** Converts back what {@link ExportedEntry} accepts. */
export function fromExportedEntry(exported: ExportedEntry): MaintenanceEntry {
  return { pattern: exported.pattern, ...fromExportedMaintenance(exported) }
}
