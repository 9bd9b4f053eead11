import type { Database } from 'better-sqlite3'
import type { Branch } from '../../../domain/history-position.ts'

/** Returns the line of branches in a file, oldest first. */
export function readBranches(db: Database): Branch[] {
  const rows = db.prepare('SELECT id, began_at_revision AS beganAt FROM branches ORDER BY ordinal')
  return rows.all() as Branch[]
}

/** Replaces the line of branches in a file. Those that it contains already keep the time of their start. */
export function writeBranches(db: Database, branches: readonly Branch[]): void {
  const kept = JSON.stringify(branches.map(({ id }) => id))
  db.prepare('DELETE FROM branches WHERE id NOT IN (SELECT value FROM json_each(?))').run(kept)
  const insert = db.prepare(
    `INSERT INTO branches (id, began_at_revision, started_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`,
  )
  for (const { id, beganAt } of branches) insert.run(id, beganAt, Date.now())
}
