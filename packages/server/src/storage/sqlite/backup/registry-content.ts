import type { Database } from 'better-sqlite3'
import type { BackupContent } from '../../../domain/backup-source.ts'
import { ForeignFileError, isEmptyDatabase, requireRegistry } from '../schema/migrate.ts'

/**
 * Reads what a registry file contains, of any schema version up to this one.
 *
 * @throws ForeignFileError if it is not a registry
 */
export function readContent(db: Database): Omit<BackupContent, 'bytes'> {
  requireRegistry(db)
  if (isEmptyDatabase(db)) throw new ForeignFileError('it is empty, not a registry')
  const found = db
    .prepare(
      `SELECT epoch, registry.revision,
         (SELECT count(*) FROM agents) AS agents,
         (SELECT count(*) FROM agents WHERE expired = 0) AS alive,
         (SELECT max(last_heartbeat) FROM agents) AS heartbeatMs,
         (SELECT at FROM transitions ORDER BY transition_revision DESC LIMIT 1) AS transitionMs
       FROM registry`,
    )
    .get() as ContentRow | undefined
  if (found === undefined) throw new ForeignFileError('it is empty, not a registry')
  const { heartbeatMs, transitionMs, ...content } = found
  const isUnused = heartbeatMs === null && transitionMs === null
  return {
    ...content,
    lastChangeMs: isUnused ? null : Math.max(heartbeatMs ?? 0, transitionMs ?? 0),
  }
}

interface ContentRow {
  readonly epoch: string
  readonly revision: number
  readonly agents: number
  readonly alive: number
  readonly heartbeatMs: number | null
  readonly transitionMs: number | null
}
