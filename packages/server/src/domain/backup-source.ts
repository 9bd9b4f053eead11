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
