import type { Database } from 'better-sqlite3'
import type { MaintenanceChange, MaintenanceEntry } from '../../../domain/maintenance.ts'

/** Returns every entry of maintenance in a file. */
export function readMaintenance(db: Database): MaintenanceEntry[] {
  const rows = db.prepare('SELECT pattern, reason, since AS sinceMs, set_by AS by FROM maintenance')
  return rows.all() as MaintenanceEntry[]
}

/** Adds, replaces or removes the entry of a pattern. */
export function writeMaintenance(db: Database, { pattern, entry }: MaintenanceChange): void {
  if (entry === null) {
    db.prepare('DELETE FROM maintenance WHERE pattern = ?').run(pattern)
    return
  }
  db.prepare(
    'INSERT OR REPLACE INTO maintenance (pattern, reason, since, set_by) VALUES (?, ?, ?, ?)',
  ).run(pattern, entry.reason, entry.sinceMs, entry.by)
}
