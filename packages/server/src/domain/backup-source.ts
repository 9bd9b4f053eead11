/** What a backup contains. */
export interface BackupContent {
  /** Identifies the history of revisions. */
  readonly epoch: string
  /** Revision of the last transition. */
  readonly revision: number
  /** Agents, dead or alive. */
  readonly agents: number
  /** Agents among them whose lease was running. */
  readonly alive: number
  /**
   * Unix time in milliseconds of the newest heartbeat or transition, which is how old the state is; null if
   * there is none.
   */
  readonly lastChangeMs: number | null
  /** Size of the file. */
  readonly bytes: number
}

/** Options of a backup. */
export interface BackupOptions {
  /** Ends the backup: nothing remains of it. */
  readonly signal?: AbortSignal | undefined
}

/** What scheduled backups have done since the server started. */
export interface BackupStatistics {
  /** Unix time in milliseconds at which the newest backup was begun, also by an earlier process; 0: none. */
  readonly lastSuccessMs: number
  /** Milliseconds that the last backup of this process took; 0: none. */
  readonly lastDurationMs: number
  /** Backups that failed. */
  readonly failures: number
}

/** A store that can be backed up to a file while it is in use. */
export interface BackupSource {
  /**
   * Copies the store to a new file, as of one moment, and checks the copy. The file appears under its name
   * only when it is complete and on disk.
   *
   * @throws RegistryError `STORAGE_UNUSABLE` when the file exists, or cannot be written
   */
  backUp(path: string, options?: BackupOptions): Promise<BackupContent>
}

/** Whether a store can be backed up to a file. */
export function isBackupSource<Store extends object>(store: Store): store is Store & BackupSource {
  return 'backUp' in store && typeof store.backUp === 'function'
}
