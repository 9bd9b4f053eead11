/**
 * Backs up, checks and restores the file of a registry, without the registry itself: loading this takes a
 * tenth of the processor time of loading the whole server.
 *
 * @module @rollcall/server/backup
 */

export { lowerPriority } from '../../../scheduling/lower-priority.ts'
export { parseStorageUrl, type StorageLocation } from '../../storage-url.ts'
export { backUpFile } from './backup.ts'
export type { FileBackupOptions } from './file-backup-options.ts'
export { inspectBackup } from './inspect-backup.ts'
export { type RestoredRegistry, restoreFile } from './restore.ts'
