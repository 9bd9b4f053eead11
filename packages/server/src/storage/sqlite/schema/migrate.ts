import type { Database } from 'better-sqlite3'
import { MIGRATIONS } from './migrations/index.ts'

/** Marks the file as a registry in its header: "Roll" in ASCII. */
const APPLICATION_ID = 0x526f6c6c

/** Thrown for a valid file that this version cannot use. */
export class ForeignFileError extends Error {
  override readonly name = 'ForeignFileError'
}

/** Whether a database has no tables, as a file that was just created. */
export function isEmptyDatabase(db: Database): boolean {
  return db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() === 0
}

/** Checks that a database is a registry. @throws ForeignFileError if another program or version wrote it */
export function requireRegistry(db: Database): void {
  if (!isEmptyDatabase(db) && db.pragma('application_id', { simple: true }) !== APPLICATION_ID) {
    throw new ForeignFileError('it is a database of another program')
  }
  const found = db.pragma('user_version', { simple: true }) as number
  if (found > MIGRATIONS.length) {
    throw new ForeignFileError(
      `it was written by a newer Rollcall (schema ${found}; this version supports ${MIGRATIONS.length})`,
    )
  }
}

/**
 * Migrates a file to the current schema, entirely or not at all; does nothing when it is up to date.
 *
 * @param epoch the epoch of the history, if a new one starts now
 */
export function migrate(db: Database, epoch: string): void {
  const found = db.pragma('user_version', { simple: true }) as number
  if (found === MIGRATIONS.length) return
  // In one transaction: a file with the schema and without its row, after a crash in between, could not be opened.
  db.transaction(() => {
    for (const [index, migration] of MIGRATIONS.entries()) {
      if (index < found) continue
      db.exec(migration)
      db.pragma(`application_id = ${APPLICATION_ID}`)
      db.pragma(`user_version = ${index + 1}`)
    }
    db.prepare(
      `INSERT INTO registry (id, epoch, revision, lease_now, heartbeats_saved_to)
       VALUES (1, ?, 0, 0, 0)
       ON CONFLICT (id) DO NOTHING`,
    ).run(epoch)
  }).immediate()
}
