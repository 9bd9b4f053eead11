import type { Database } from 'better-sqlite3'
import { MIGRATIONS } from './migrations/index.ts'

/** Marks the file as ours in its header: "Roll" in ASCII. */
const APPLICATION_ID = 0x526f6c6c

/** Thrown for a file that is in order, but not one that this version can use. */
export class ForeignFileError extends Error {
  override readonly name = 'ForeignFileError'
}

/** @throws ForeignFileError for a database of another program or of a newer version */
export function requireOurs(db: Database): void {
  const isEmpty = db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() === 0
  if (!isEmpty && db.pragma('application_id', { simple: true }) !== APPLICATION_ID) {
    throw new ForeignFileError('it is a database of another program')
  }
  const found = db.pragma('user_version', { simple: true }) as number
  if (found > MIGRATIONS.length) {
    throw new ForeignFileError(
      `it was written by a newer Rollcall (schema ${found}; this one knows ${MIGRATIONS.length})`,
    )
  }
}

/**
 * Brings a file to the present schema; does nothing when it is there already.
 *
 * @param epoch the name of the history, should it begin now
 */
export function migrate(db: Database, epoch: string): void {
  const found = db.pragma('user_version', { simple: true }) as number
  if (found === MIGRATIONS.length) return
  for (const [index, migration] of MIGRATIONS.entries()) {
    if (index < found) continue
    db.transaction(() => {
      db.exec(migration)
      db.pragma(`application_id = ${APPLICATION_ID}`)
      db.pragma(`user_version = ${index + 1}`)
    }).immediate()
  }
  db.prepare(
    `INSERT INTO registry (id, epoch, revision, lease_now, heartbeats_saved_to)
     VALUES (1, ?, 0, 0, 0)
     ON CONFLICT (id) DO NOTHING`,
  ).run(epoch)
}
