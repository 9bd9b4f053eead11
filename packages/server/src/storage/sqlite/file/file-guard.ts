import { type BigIntStats, statSync } from 'node:fs'
import type { Database, Statement } from 'better-sqlite3'
import { SqliteWal } from './wal.ts'

type FileName = 'database' | 'wal' | 'shm' | 'lock'

/** What SQLite and this program put behind the name of the database. */
const SUFFIXES: Readonly<Record<FileName, string>> = {
  database: '',
  wal: '-wal',
  shm: '-shm',
  lock: '.lock',
}

const ADVICE: Readonly<Record<FileName, string>> = {
  database:
    'Nothing written now would be kept. Move the file back, or restart the registry to use ' +
    'what is there now',
  // What is in the open file moves into the database when that is closed.
  wal:
    'A crash would lose what is in it. Stop the registry with SIGTERM, which saves it, and start ' +
    'it again',
  shm: 'Other programs would damage the database. Restart the registry',
  lock: 'Another registry could open the same database. Restart the registry',
}

/** Identifies a database and its write-ahead log, whatever takes their names later. */
export function identityOf(path: string): string {
  return [SUFFIXES.database, SUFFIXES.wal]
    .map((suffix) => {
      const found = statSync(`${path}${suffix}`, { bigint: true, throwIfNoEntry: false })
      return found ? `${found.dev}:${found.ino}` : 'missing'
    })
    .join(' ')
}

/**
 * Notices that the files of an open database are no longer what SQLite takes them for: deleted,
 * replaced, moved, unmounted or cut. SQLite goes on writing to the files that it has open, and
 * acknowledges what is lost.
 *
 * The database itself is only looked at, never opened: closing it would drop the locks that SQLite
 * holds on it.
 */
export class SqliteFileGuard {
  readonly #size: Statement
  readonly #writeLogBack: Statement
  readonly #path: string
  readonly #wal: SqliteWal
  readonly #opened = new Map<FileName, BigIntStats>()
  #databaseBytes = 0
  #walBytes = 0
  /** Why nothing may be written now, and why nothing ever may again. */
  #problem: string | undefined
  #lost: string | undefined
  #isLogLost = false

  /** Takes the files that are there now for the right ones. */
  constructor(db: Database, path: string) {
    this.#path = path
    this.#size = db.prepare(
      `SELECT page_count AS pages, page_size AS bytes FROM pragma_page_count, pragma_page_size`,
    )
    this.#writeLogBack = db.prepare('PRAGMA wal_checkpoint(PASSIVE)')
    this.#wal = new SqliteWal(db, `${path}${SUFFIXES.wal}`)
    this.inspect()
  }

  /** Frames of the log are missing: what moves the rest into the database would damage it. */
  get isLogLost(): boolean {
    return this.#isLogLost
  }

  /** Size of the log, as it was last seen. */
  get walBytes(): number {
    return this.#walBytes
  }

  /**
   * Looks at all files.
   *
   * @returns how many names the database has (more than one are hard links), the size of its log, and
   *   how many frames of that are not in the database
   * @throws Error that says what happened to a file and what to do
   */
  inspect(): { links: number; walBytes: number; unmovedFrames: number } {
    this.#problem = this.#lost
    const database = this.#require('database')
    this.#requireWholeLog(this.#require('wal'))
    this.#requireWholeDatabase(database)
    this.#require('shm')
    this.#require('lock')
    this.#throwProblem()
    const { unmovedFrames } = this.#wal
    return { links: Number(database?.nlink ?? 1), walBytes: this.#walBytes, unmovedFrames }
  }

  /**
   * Looks at what a write depends on, before it begins.
   *
   * @throws Error as {@link inspect}, also for what that found last
   */
  requireWhole(): void {
    if (this.#problem === undefined) {
      const database = this.#require('database')
      this.#requireWholeLog(this.#require('wal'))
      this.#requireWholeDatabase(database)
    }
    this.#throwProblem()
  }

  /**
   * Looks whether the files still have their names, right before a commit. A file that goes during
   * the commit is noticed by the next one.
   *
   * @throws Error as {@link inspect}
   */
  requireInPlace(): void {
    this.#require('database')
    this.#require('wal')
    this.#throwProblem()
  }

  /**
   * Looks, after a commit, whether it is in the log and can be found there. Only then it may be
   * acknowledged. A log that was moved is left to {@link requireInPlace}: it may come back, with what
   * was committed.
   *
   * @throws Error as {@link inspect}
   */
  requireWritten(): void {
    if (this.#wal.holdsLastCommit()) return
    this.#loseLog()
    this.#throwProblem()
  }

  /** Lets go of the log. */
  close(): void {
    this.#wal.close()
  }

  #throwProblem(): void {
    if (this.#problem !== undefined) throw new Error(this.#problem)
  }

  #require(file: FileName): BigIntStats | undefined {
    const path = `${this.#path}${SUFFIXES[file]}`
    const opened = this.#opened.get(file)
    const found = this.#lookAt(path)
    if (opened === undefined) {
      if (found) this.#opened.set(file, found)
    } else if (found === undefined) {
      this.#problem ??= `${path} was deleted or moved while it was open. ${ADVICE[file]}`
    } else if (found.ino !== opened.ino || found.dev !== opened.dev) {
      this.#problem ??= `${path} was replaced while it was open. ${ADVICE[file]}`
    }
    return found
  }

  #lookAt(path: string): BigIntStats | undefined {
    try {
      return statSync(path, { bigint: true, throwIfNoEntry: false })
    } catch (error) {
      // A file system that is gone, such as ESTALE of NFS.
      this.#problem ??= `${path} cannot be reached: ${String(error)}`
      return undefined
    }
  }

  /** A database becomes shorter when another program packs it, but not than what counts in it. */
  #requireWholeDatabase(database: BigIntStats | undefined): void {
    if (database === undefined || this.#problem !== undefined) return
    // Twice: between two of the figures another program may have changed them.
    if (this.#isCut(Number(database.size)) && this.#isCut(this.#sizeNow())) {
      this.#lost = this.#problem =
        `${this.#path} was cut off by another program, and with it agents and history are lost. ` +
        'What was still in the write-ahead log was written back. Restart the registry; if the file ' +
        'is damaged then, restore a backup or begin with an empty file'
      this.#writeBack()
    }
  }

  /** Now: a log beside an empty database is deleted by SQLite when that is opened after a crash. */
  #writeBack(): void {
    try {
      this.#writeLogBack.all()
    } catch {
      // What is left cannot be read; that is reported already.
    }
  }

  /** What is missing is not in the log, for it was in the database, or everything is. */
  #isCut(bytes: number): boolean {
    const isShorter = bytes < this.#databaseBytes
    const isCut = (isShorter || this.#wal.isMoved) && bytes < this.#neededBytes(isShorter)
    if (!isCut) this.#databaseBytes = bytes
    return isCut
  }

  #sizeNow(): number {
    const wal = this.#lookAt(`${this.#path}${SUFFIXES.wal}`)
    this.#wal.isWhole(Number(wal?.size ?? 0))
    return Number(this.#lookAt(this.#path)?.size ?? 0)
  }

  #neededBytes(isShorter: boolean): number {
    try {
      const { pages, bytes } = this.#size.get() as { pages: number; bytes: number }
      return pages * bytes
    } catch {
      // Of a file that became shorter, not even the first page can be read; of others, ask again later.
      return isShorter ? Number.POSITIVE_INFINITY : 0
    }
  }

  #requireWholeLog(wal: BigIntStats | undefined): void {
    if (wal === undefined || this.#problem !== undefined) return
    this.#walBytes = Number(wal.size)
    if (!this.#wal.isWhole(this.#walBytes)) this.#loseLog()
  }

  #loseLog(): void {
    this.#isLogLost = true
    this.#lost = this.#problem =
      `${this.#path}-wal was emptied by another program, and with it the last writes are lost. ` +
      'Restart the registry; agents whose registration is lost register again'
  }
}
