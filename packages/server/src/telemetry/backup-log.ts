import type { FastifyBaseLogger } from 'fastify'
import type { BackupContent } from '../domain/backup-source.ts'

/** Logs scheduled backups. */
export function backupLog(logger: FastifyBaseLogger): {
  succeeded(path: string, content: BackupContent, seconds: number): void
  failed(error: unknown): void
} {
  return {
    succeeded: (path, { agents, revision, bytes }, seconds) => {
      const details = { path, agents, revision, bytes, seconds: Math.round(seconds * 100) / 100 }
      logger.info(details, 'backed up the registry')
    },
    failed: (error) => {
      const reason = error instanceof Error ? error.message : String(error)
      logger.warn({ reason }, 'the backup of the registry failed')
    },
  }
}
