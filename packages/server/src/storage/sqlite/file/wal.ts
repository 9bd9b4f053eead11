import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import type { Database, Statement } from 'better-sqlite3'

/** Bytes before the frames of a write-ahead log, and before the page in each of them. */
const HEADER_BYTES = 32
const FRAME_HEADER_BYTES = 24

/**
 * The write-ahead log of a database, seen from outside: whether what SQLite has written to it is there.
 *
 * Unlike the database, it may be opened and closed: SQLite holds no locks on it.
 * See https://www.sqlite.org/fileformat2.html#walformat
 */
export class SqliteWal {
  readonly #path: string
  readonly #frameBytes: number
  readonly #state: Statement
  readonly #number = Buffer.alloc(4)
  /** Undefined until it was needed. */
  #file: number | undefined
  /** Frames that counted when it was last looked at, and of these, those that are in the database. */
  #frames = 0
  #moved = 0

  constructor(db: Database, path: string) {
    this.#path = path
    this.#frameBytes = FRAME_HEADER_BYTES + (db.pragma('page_size', { simple: true }) as number)
    this.#state = db.prepare('PRAGMA wal_checkpoint(NOOP)')
  }

  /** Frames that were not in the database when it was last looked at. */
  get unmovedFrames(): number {
    return this.#frames - this.#moved
  }

  /** Whether all that was in it when it was last looked at is in the database, too. */
  get isMoved(): boolean {
    return this.unmovedFrames === 0
  }

  /**
   * Looks whether it is as long as SQLite believes. Another program may cut it after a checkpoint, but
   * not while frames in it count. Not within a transaction.
   */
  isWhole(bytes: number): boolean {
    const { log, checkpointed } = this.#state.get() as { log: number; checkpointed: number }
    this.#frames = Math.max(0, log)
    this.#moved = Math.max(0, checkpointed)
    return bytes >= this.#neededBytes()
  }

  /**
   * Whether a commit that was written since {@link isWhole} is there, behind what was there before.
   * One that was emptied meanwhile begins with a hole: SQLite writes on where it was, and a reader
   * that starts at the beginning finds nothing.
   */
  holdsLastCommit(): boolean {
    this.#file ??= openSync(this.#path, 'r')
    // The number of the page in what was the last frame; there is no page 0.
    const lastFrame = this.#neededBytes() - this.#frameBytes
    if (lastFrame >= HEADER_BYTES && this.#numberAt(lastFrame) === 0) return false
    return this.isWhole(fstatSync(this.#file).size)
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file)
    this.#file = undefined
  }

  /** Four bytes as a number; undefined at the end of the file. */
  #numberAt(position: number): number | undefined {
    const found = readSync(this.#file ?? -1, this.#number, 0, 4, position)
    return found === 4 ? this.#number.readUInt32BE() : undefined
  }

  #neededBytes(): number {
    return this.#frames === 0 ? 0 : HEADER_BYTES + this.#frames * this.#frameBytes
  }
}
