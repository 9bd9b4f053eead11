import { type BigIntStats, statSync } from 'node:fs'
import type { Database, Statement } from 'better-sqlite3'
import { SqliteWal } from './wal.ts'

type FileName = 'database' | 'wal' | 'shm' | 'lock'

/** Suffixes that SQLite and this program append to the name of the database. */
const SUFFIXES: Readonly<Record<FileName, string>> = {
  database: '',
  wal: '-wal',
  shm: '-shm',
  lock: '.lock',
}

const REMEDIES: Readonly<Record<FileName, string>> = {
  database:
    'New writes would be lost. Move the file back, or restart the registry to use the file that ' +
    'is there now',
  // Closing the database checkpoints the open log into it.
  wal:
    'A crash would lose its content. Stop the registry with SIGTERM, which saves it, and start ' +
    'it again',
  shm: 'Other programs could damage the database. Restart the registry',
  lock: 'Another registry could open the same database. Restart the registry',
}

/** Identifies the files of a database and its write-ahead log, whatever files take their names later. */
export function identityOf(path: string): string {
  return [SUFFIXES.database, SUFFIXES.wal]
    .map((suffix) => {
      const found = statSync(`${path}${suffix}`, { bigint: true, throwIfNoEntry: false })
      return found ? `${found.dev}:${found.ino}` : 'missing'
    })
    .join(' ')
}

/**
 * Detects that the files of an open database were deleted, replaced, moved, unmounted or truncated.
 * SQLite keeps writing to the files that it has open, and acknowledges writes that are lost.
 *
 * Uses only `stat` on the database, and never opens it: closing it would release the locks that SQLite
 * holds on it.
 */
export class SqliteFileGuard {
  readonly #size: Statement
  readonly #checkpoint: Statement
  readonly #path: string
  readonly #wal: SqliteWal
  readonly #opened = new Map<FileName, BigIntStats>()
  #databaseBytes = 0
  #walBytes = 0
  /** Why writes are refused now, and why they are refused for good. */
  #problem: string | undefined
  #lost: string | undefined
  #isLogLost = false

  /** Records the present files as the expected ones. */
  constructor(db: Database, path: string) {
    this.#path = path
    this.#size = db.prepare(
      `SELECT page_count AS pages, page_size AS bytes FROM pragma_page_count, pragma_page_size`,
    )
    this.#checkpoint = db.prepare('PRAGMA wal_checkpoint(PASSIVE)')
    this.#wal = new SqliteWal(db, `${path}${SUFFIXES.wal}`)
    this.inspect()
  }

  /** Whether frames of the log are missing: a checkpoint of the rest would damage the database. */
  get isLogLost(): boolean {
    return this.#isLogLost
  }

  /** Size of the log at the last check. */
  get walBytes(): number {
    return this.#walBytes
  }

  /**
   * Checks all files.
   *
   * @returns the number of names of the database (more than one: hard links), the size of its log, and the
   *   number of frames in the log that are not checkpointed
   * @throws Error that explains what happened to a file and what to do
   */
  inspect(): { links: number; walBytes: number; pendingFrames: number } {
    this.#problem = this.#lost
    const database = this.#require('database')
    this.#requireIntactLog(this.#require('wal'))
    this.#requireIntactDatabase(database)
    this.#require('shm')
    this.#require('lock')
    this.#throwProblem()
    const { pendingFrames } = this.#wal
    return { links: Number(database?.nlink ?? 1), walBytes: this.#walBytes, pendingFrames }
  }

  /**
   * Checks the files that a write depends on, before it starts.
   *
   * @throws Error as {@link inspect}, including a problem that the last inspection found
   */
  requireIntact(): void {
    if (this.#problem === undefined) {
      const database = this.#require('database')
      this.#requireIntactLog(this.#require('wal'))
      this.#requireIntactDatabase(database)
    }
    this.#throwProblem()
  }

  /**
   * Checks that the files are still in place, right before a commit. A file that disappears during the
   * commit is detected by the next one.
   *
   * @throws Error as {@link inspect}
   */
  requireInPlace(): void {
    this.#require('database')
    this.#require('wal')
    this.#throwProblem()
  }

  /**
   * Checks, after a commit, that the log contains it and readers can find it. Only then may the commit be
   * acknowledged. A log that was moved is left to {@link requireInPlace}: it may be moved back, with the
   * commit.
   *
   * @throws Error as {@link inspect}
   */
  requireCommitted(): void {
    if (this.#wal.holdsLastCommit()) return
    this.#markLogLost()
    this.#throwProblem()
  }

  /** Closes the log. */
  close(): void {
    this.#wal.close()
  }

  #throwProblem(): void {
    if (this.#problem !== undefined) throw new Error(this.#problem)
  }

  #require(file: FileName): BigIntStats | undefined {
    const path = `${this.#path}${SUFFIXES[file]}`
    const opened = this.#opened.get(file)
    const found = this.#stat(path)
    if (opened === undefined) {
      if (found) this.#opened.set(file, found)
    } else if (found === undefined) {
      this.#problem ??= `${path} was deleted or moved while it was open. ${REMEDIES[file]}`
    } else if (found.ino !== opened.ino || found.dev !== opened.dev) {
      this.#problem ??= `${path} was replaced while it was open. ${REMEDIES[file]}`
    }
    return found
  }

  #stat(path: string): BigIntStats | undefined {
    try {
      return statSync(path, { bigint: true, throwIfNoEntry: false })
    } catch (error) {
      // The file system is unavailable, such as ESTALE on NFS.
      this.#problem ??= `${path} cannot be reached: ${String(error)}`
      return undefined
    }
  }

  /** A VACUUM by another program may shorten the database, but not below the pages in use. */
  #requireIntactDatabase(database: BigIntStats | undefined): void {
    if (database === undefined || this.#problem !== undefined) return
    // Checked twice: another program may change the file between two reads.
    if (this.#isTruncated(Number(database.size)) && this.#isTruncated(this.#sizeNow())) {
      this.#lost = this.#problem =
        `${this.#path} was truncated by another program; agents and history in it are lost. ` +
        'The remaining write-ahead log was written back. Restart the registry; if the file is then ' +
        'damaged, restore a backup or start with an empty file'
      this.#writeBack()
    }
  }

  /** Checkpoints now: after a crash, SQLite deletes a log next to an empty database when opening it. */
  #writeBack(): void {
    try {
      this.#checkpoint.all()
    } catch {
      // The rest cannot be read; the problem is already reported.
    }
  }

  /** Checked only if the file shrank or the log is checkpointed: the log then lacks what is missing. */
  #isTruncated(bytes: number): boolean {
    const isShorter = bytes < this.#databaseBytes
    const isTruncated =
      (isShorter || this.#wal.isCheckpointed) && bytes < this.#neededBytes(isShorter)
    if (!isTruncated) this.#databaseBytes = bytes
    return isTruncated
  }

  #sizeNow(): number {
    const wal = this.#stat(`${this.#path}${SUFFIXES.wal}`)
    this.#wal.isComplete(Number(wal?.size ?? 0))
    return Number(this.#stat(this.#path)?.size ?? 0)
  }

  #neededBytes(isShorter: boolean): number {
    try {
      const { pages, bytes } = this.#size.get() as { pages: number; bytes: number }
      return pages * bytes
    } catch {
      // If the file shrank, not even its first page can be read; otherwise, check again later.
      return isShorter ? Number.POSITIVE_INFINITY : 0
    }
  }

  #requireIntactLog(wal: BigIntStats | undefined): void {
    if (wal === undefined || this.#problem !== undefined) return
    this.#walBytes = Number(wal.size)
    if (!this.#wal.isComplete(this.#walBytes)) this.#markLogLost()
  }

  #markLogLost(): void {
    this.#isLogLost = true
    this.#lost = this.#problem =
      `${this.#path}-wal was emptied by another program; the last writes are lost. ` +
      'Restart the registry; agents whose registration is lost register again'
  }
}
