import { type BigIntStats, statSync } from 'node:fs'
import type { Database } from 'better-sqlite3'

/** Bytes before the frames of a write-ahead log, and before the page in each of them. */
const WAL_HEADER_BYTES = 32
const FRAME_HEADER_BYTES = 24

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

/** Tells a database and its write-ahead log from others that take their names. */
export function identityOf(path: string): string {
  return [SUFFIXES.database, SUFFIXES.wal]
    .map((suffix) => {
      const found = statSync(`${path}${suffix}`, { bigint: true, throwIfNoEntry: false })
      return found ? `${found.dev}:${found.ino}` : 'missing'
    })
    .join(' ')
}

/**
 * Notices that the files of an open database are no longer those that its path names: deleted,
 * replaced, moved or unmounted. SQLite goes on writing to the files that it has open, and
 * acknowledges what is lost.
 *
 * Files are only looked at, never opened: closing one would drop the locks that SQLite holds on it.
 */
export class SqliteFileGuard {
  readonly #db: Database
  readonly #path: string
  readonly #opened = new Map<FileName, BigIntStats>()
  #walBytes = 0n
  /** Why nothing may be written now, and why nothing ever may again. */
  #problem: string | undefined
  #lost: string | undefined

  /** Takes the files that are there now for the right ones. */
  constructor(db: Database, path: string) {
    this.#db = db
    this.#path = path
    this.inspect()
  }

  /**
   * Looks at all files.
   *
   * @returns how many names the database has; more than one are hard links
   * @throws Error that says what happened to a file and what to do
   */
  inspect(): { links: number } {
    this.#problem = this.#lost
    const database = this.#require('database')
    this.#requireWhole(this.#require('wal'))
    this.#require('shm')
    this.#require('lock')
    if (this.#problem !== undefined) throw new Error(this.#problem)
    return { links: Number(database?.nlink ?? 1) }
  }

  /**
   * Looks at what a write depends on. A file that goes during the write is noticed by the next one.
   *
   * @throws Error as {@link inspect}, also for what that found last
   */
  requireInPlace(): void {
    if (this.#problem === undefined) {
      this.#require('database')
      this.#requireWhole(this.#require('wal'))
    }
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

  /** A log may be cut by a checkpoint of another program, but not while frames in it count. */
  #requireWhole(wal: BigIntStats | undefined): void {
    if (wal === undefined || this.#problem !== undefined) return
    if (wal.size < this.#walBytes) {
      const [state] = this.#db.pragma('wal_checkpoint(NOOP)') as [{ log: number }]
      const pageBytes = this.#db.pragma('page_size', { simple: true }) as number
      const needed = WAL_HEADER_BYTES + state.log * (FRAME_HEADER_BYTES + pageBytes)
      if (state.log > 0 && wal.size < needed) {
        this.#lost =
          `${this.#path}-wal was emptied by another program, and with it the last writes are lost. ` +
          'Restart the registry; agents whose registration is lost register again'
        this.#problem = this.#lost
        return
      }
    }
    this.#walBytes = wal.size
  }
}
