import type { Database } from 'better-sqlite3'
import { AGENT_COLUMNS } from './sqlite-columns.ts'

/** Marks the file as ours in its header: "Roll" in ASCII. */
const APPLICATION_ID = 0x526f6c6c

const AGENT_COLUMN_TYPES: Readonly<Record<(typeof AGENT_COLUMNS)[number], string>> = {
  agent_id: 'TEXT NOT NULL',
  agent_name: 'TEXT NOT NULL',
  host: 'TEXT NOT NULL',
  port: 'INTEGER NOT NULL',
  last_heartbeat: 'INTEGER NOT NULL',
  ttl_seconds: 'INTEGER NOT NULL',
  metadata: 'TEXT',
  registered_at: 'INTEGER NOT NULL',
  metadata_given_as: 'TEXT',
  capabilities: 'TEXT NOT NULL',
  version: 'TEXT',
  url: 'TEXT NOT NULL',
  status: 'TEXT NOT NULL',
  load: 'REAL',
  expires_at: 'INTEGER NOT NULL',
  lease_deadline: 'INTEGER NOT NULL',
  expired: 'INTEGER NOT NULL',
  revision: 'INTEGER NOT NULL',
}

const columns = AGENT_COLUMNS.map((name) => `${name} ${AGENT_COLUMN_TYPES[name]}`).join(', ')

/** Numbered from 1. Each runs once, in the transaction that also writes its number. */
const MIGRATIONS: readonly string[] = [
  `CREATE TABLE agents (${columns}, PRIMARY KEY (agent_id)) STRICT, WITHOUT ROWID;
   CREATE TABLE transitions (
     transition_revision INTEGER PRIMARY KEY, type TEXT NOT NULL, at INTEGER NOT NULL,
     reason TEXT NOT NULL, ${columns}
   ) STRICT;
   CREATE TABLE registry (
     id INTEGER PRIMARY KEY CHECK (id = 1), epoch TEXT NOT NULL, revision INTEGER NOT NULL,
     lease_now INTEGER NOT NULL, heartbeats_saved_to INTEGER NOT NULL, owner_pid INTEGER
   ) STRICT;`,
  `ALTER TABLE transitions ADD COLUMN before_traits TEXT;
   CREATE INDEX transitions_by_agent ON transitions (agent_id);`,
]

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
