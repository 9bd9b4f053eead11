import type { Maintenance, MaintenanceEntry } from '../../domain/maintenance.ts'
import { isoTime } from './iso-time.ts'

/** Encodes the maintenance of an agent. */
export function maintenanceJson(maintenance: Maintenance): string {
  return `{${membersOf(maintenance)}}`
}

/** Encodes an entry. */
export function maintenanceEntryJson(entry: MaintenanceEntry): string {
  return `{"pattern":${JSON.stringify(entry.pattern)},${membersOf(entry)}}`
}

function membersOf({ reason, sinceMs, by }: Maintenance): string {
  const [reasonText, byText] = [JSON.stringify(reason), JSON.stringify(by)]
  return `"reason":${reasonText},"since":"${isoTime(sinceMs)}","by":${byText}`
}
