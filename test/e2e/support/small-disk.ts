import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { TemporaryFolder } from './temporary-folder.ts'

/** Approximate number of bytes until a registry runs out of space. */
const ROOM_BYTES = 2_000_000

/** A location for a database that is soon full, and whose limit can be lifted while in use. */
export interface SmallDisk extends Disposable {
  /** Path of the database. */
  readonly file: string
  /** The program to start the registry with, and its arguments. */
  readonly under: readonly string[]
  /** Frees space, also for a running registry. */
  makeRoom(running?: { readonly pid: number }): void
}

/** A way to limit the space on this machine. */
export interface SmallDiskWay {
  readonly title: string
  readonly make: () => SmallDisk
}

/**
 * The ways available here: a limit on the size of files, which every user may set for their own
 * processes, and a real full file system where mounting one is permitted.
 */
export function smallDiskWays(): readonly SmallDiskWay[] {
  const limit = { title: 'a limit on the size of files', make: () => new LimitedFiles() }
  const mount = { title: 'a full file system', make: () => new SmallFileSystem() }
  return mayMount() ? [limit, mount] : [limit]
}

/** Writes beyond the limit fail with EFBIG; Node ignores the signal that comes with it. */
class LimitedFiles implements SmallDisk {
  readonly #folder = new TemporaryFolder()
  readonly file = this.#folder.file('a.db')
  // Only the soft limit, which can be raised without privileges.
  readonly under = ['prlimit', `--fsize=${ROOM_BYTES}:`]

  makeRoom(running?: { readonly pid: number }): void {
    if (running) execFileSync('prlimit', ['--pid', `${running.pid}`, '--fsize=unlimited:'])
  }

  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]()
  }
}

/** A file system in memory, almost filled by one file; writes fail with ENOSPC. */
class SmallFileSystem implements SmallDisk {
  readonly #folder = new TemporaryFolder()
  readonly #mountPoint = this.#folder.file('disk')
  readonly #filler = join(this.#mountPoint, 'filler')
  readonly file = join(this.#mountPoint, 'a.db')
  readonly under = []

  constructor() {
    const sizeBytes = 10 * ROOM_BYTES
    mkdirSync(this.#mountPoint)
    mount(this.#mountPoint, sizeBytes)
    writeFileSync(this.#filler, Buffer.alloc(sizeBytes - ROOM_BYTES))
  }

  makeRoom(): void {
    rmSync(this.#filler)
  }

  [Symbol.dispose](): void {
    execFileSync('umount', [this.#mountPoint])
    this.#folder[Symbol.dispose]()
  }
}

function mount(mountPoint: string, sizeBytes: number): void {
  const options = ['-t', 'tmpfs', '-o', `size=${sizeBytes}`, 'tmpfs', mountPoint]
  execFileSync('mount', options, { stdio: 'pipe' })
}

function mayMount(): boolean {
  using folder = new TemporaryFolder()
  try {
    mount(folder.path, ROOM_BYTES)
  } catch {
    return false
  }
  execFileSync('umount', [folder.path])
  return true
}
