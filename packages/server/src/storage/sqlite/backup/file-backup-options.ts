import type { BackupOptions } from '../../../domain/backup-source.ts'

/** Options of a backup of a file. */
export interface FileBackupOptions extends BackupOptions {
  /** The registry file, which a registry may be using. */
  readonly from: string
  /** The backup. */
  readonly to: string
  /** Replaces an existing backup; default: refuses to. */
  readonly force?: boolean | undefined
  /** Called after each part of the copy, with pages of the file. */
  readonly progress?: ((done: number, total: number) => void) | undefined
}
