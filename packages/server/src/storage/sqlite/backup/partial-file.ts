import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { type FileLock, takeLock } from '../file/file-lock.ts'
import { createFile } from '../file/open-database.ts'

/** Suffix of a file that is being written. */
const PARTIAL_SUFFIX = '.partial'
/** What SQLite may leave beside a database after a crash. */
const COMPANIONS = ['-journal', '-wal', '-shm']

/**
 * A file that is written under another name beside its own, and gets its own only when it is complete. A
 * process that is killed leaves at most the other one, which the next writer of the same file replaces.
 */
export class PartialFile implements Disposable {
  readonly path: string
  readonly #target: string
  readonly #lock: FileLock

  /**
   * Creates the file, readable by its owner only.
   *
   * @throws Error of the file system; SqliteError `SQLITE_BUSY` when another process writes it
   */
  constructor(target: string) {
    this.#target = target
    this.path = `${target}${PARTIAL_SUFFIX}`
    this.#lock = takeLock(this.path)
    try {
      removeDatabase(this.path)
      createFile(this.path)
    } catch (error) {
      this.#lock.discard()
      throw error
    }
  }

  /** Size of the file. */
  get bytes(): number {
    return statSync(this.path).size
  }

  /** Gives the file its own name, once its content is on disk. */
  publish(): void {
    syncFile(this.path)
    renameSync(this.path, this.#target)
    syncFolder(this.#target)
  }

  /** Removes the file unless it was published. */
  [Symbol.dispose](): void {
    removeDatabase(this.path)
    // While it is locked: later it may belong to another writer.
    rmSync(`${this.path}.lock`, { force: true })
    this.#lock.release()
  }
}

/** Removes a database with the files beside it. */
export function removeDatabase(path: string): void {
  for (const suffix of ['', ...COMPANIONS]) rmSync(`${path}${suffix}`, { force: true })
}

/** Renames a database with the files beside it, which SQLite finds by its name. */
export function renameDatabase(from: string, to: string): void {
  for (const suffix of [...COMPANIONS, '']) {
    if (existsSync(`${from}${suffix}`)) renameSync(`${from}${suffix}`, `${to}${suffix}`)
  }
}

/** Puts the content of a file on disk. */
function syncFile(path: string): void {
  const file = openSync(path, 'r+')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** Puts the names in the folder of a file on disk. Windows cannot, and need not. */
export function syncFolder(path: string): void {
  let folder: number
  try {
    folder = openSync(dirname(path), 'r')
  } catch {
    return
  }
  try {
    fsyncSync(folder)
  } catch {
    // Some file systems do not support this.
  } finally {
    closeSync(folder)
  }
}
