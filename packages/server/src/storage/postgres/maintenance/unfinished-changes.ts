import type { PostgresDatabase } from '../connections/database.ts'

const CHANGES = {
  name: 'maintenance_changes',
  text: 'SELECT pattern, version FROM rollcall.maintenance_changes ORDER BY pattern',
}
// Unless the entry has changed again.
const FINISHED = {
  name: 'maintenance_finished',
  text: 'DELETE FROM rollcall.maintenance_changes WHERE pattern = $1 AND version = $2',
}

/** A change of an entry that not all of its agents follow yet. */
export interface UnfinishedChange {
  readonly pattern: string
  /** Of the entries that they are to follow. */
  readonly version: string
}

/** Returns the changes that are not finished, sorted by pattern. */
export function unfinishedChanges(database: PostgresDatabase): Promise<UnfinishedChange[]> {
  return database.read<UnfinishedChange>(CHANGES, [], { lane: 'writes' })
}

/** Records that all agents follow a change. */
export async function finished(
  database: PostgresDatabase,
  { pattern, version }: UnfinishedChange,
): Promise<void> {
  await database.write(FINISHED, [pattern, version])
}
