import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import type { Database, Statement } from 'better-sqlite3'

/** Bytes of the log header, and of the header of each frame. */
const HEADER_BYTES = 32
const FRAME_HEADER_BYTES = 24

/**
 * Checks the write-ahead log of a database from outside: whether it contains what SQLite has written.
 *
 * Unlike the database, it may be opened and closed: SQLite holds no locks on it.
 * See https://www.sqlite.org/fileformat2.html#walformat
 */
export class SqliteWal {
  readonly #path: string
  readonly #frameBytes: number
  readonly #state: Statement
  readonly #uint32 = Buffer.alloc(4)
  /** Opened on demand. */
  #file: number | undefined
  /** Valid frames at the last check, and how many of them were checkpointed. */
  #frames = 0
  #checkpointed = 0

  constructor(db: Database, path: string) {
    this.#path = path
    this.#frameBytes = FRAME_HEADER_BYTES + (db.pragma('page_size', { simple: true }) as number)
    this.#state = db.prepare('PRAGMA wal_checkpoint(NOOP)')
  }

  /** Frames that were not checkpointed at the last check. */
  get pendingFrames(): number {
    return this.#frames - this.#checkpointed
  }

  /** Whether all frames were checkpointed at the last check. */
  get isCheckpointed(): boolean {
    return this.pendingFrames === 0
  }

  /**
   * Returns whether the log is as long as SQLite expects. Another program may truncate it after a
   * checkpoint, but not while it holds valid frames. Must not be called within a transaction.
   */
  isComplete(bytes: number): boolean {
    const { log, checkpointed } = this.#state.get() as { log: number; checkpointed: number }
    this.#frames = Math.max(0, log)
    this.#checkpointed = Math.max(0, checkpointed)
    return bytes >= this.#neededBytes()
  }

  /**
   * Returns whether a commit written since {@link isComplete} is in the log, after the earlier frames. A log
   * that was emptied meanwhile starts with a hole: SQLite continues at its old position, and a reader
   * that starts at the beginning finds nothing.
   */
  holdsLastCommit(): boolean {
    this.#file ??= openSync(this.#path, 'r')
    // The page number in what was the last frame; there is no page 0.
    const lastFrame = this.#neededBytes() - this.#frameBytes
    if (lastFrame >= HEADER_BYTES && this.#readUint32(lastFrame) === 0) return false
    return this.isComplete(fstatSync(this.#file).size)
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file)
    this.#file = undefined
  }

  /** Reads a 32-bit unsigned integer; undefined at the end of the file. */
  #readUint32(position: number): number | undefined {
    const found = readSync(this.#file ?? -1, this.#uint32, 0, 4, position)
    return found === 4 ? this.#uint32.readUInt32BE() : undefined
  }

  #neededBytes(): number {
    return this.#frames === 0 ? 0 : HEADER_BYTES + this.#frames * this.#frameBytes
  }
}
