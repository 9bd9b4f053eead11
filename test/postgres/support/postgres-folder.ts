import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, statfsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chownToPostgres, isReachable } from './postgres-user.ts'

/**
 * Reads the pids of the server from the tests, the postmaster first. When the pipe closes, which
 * happens however the tests end, it stops the postmaster, kills it after five seconds, and removes
 * the folders.
 */
const GUARD = `
  while read -r line; do pids=$line; done
  pid=\${pids%% *}
  if [ -n "$pid" ]; then
    kill -CONT $pids
    kill -QUIT "$pid"
    tenths=0
    while kill -0 "$pid" && [ $tenths -lt 50 ]; do sleep 0.1; tenths=$((tenths + 1)); done
    kill -KILL "$pid"
  fi
  rm -rf "$@"`

/** A folder in memory, on Linux; containers often have very little of it. */
const MEMORY = '/dev/shm'

const MEMORY_NEEDED_BYTES = 2 ** 30

/**
 * The temporary folders of one server. A guard process removes the folders and stops the server
 * when the test process ends, even if it is killed.
 */
export class PostgresFolder implements AsyncDisposable {
  readonly path = createFolder(temporaryParent())
  /** The data folder, not created yet. */
  readonly data: string
  readonly #all: readonly string[]
  readonly #guard: ChildProcess

  /** @param isInMemory whether to keep the data in memory, if there is enough */
  constructor(isInMemory: boolean) {
    // Only the data: programs may not be executable there.
    const inMemory = isInMemory && hasMemory() ? [createFolder(MEMORY)] : []
    this.#all = [this.path, ...inMemory]
    this.data = join(inMemory[0] ?? this.path, 'data')
    this.#guard = spawn('/bin/sh', ['-c', GUARD, 'guard', ...this.#all], {
      // Ctrl-C must not reach the guard, which has to outlive the tests.
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    this.#guard.unref()
    // The pipe must not keep the tests running.
    const pipe = this.#guard.stdin
    if (pipe instanceof Socket) pipe.unref()
    pipe?.on('error', () => {}) // The guard has exited; nothing to report.
  }

  /** Reports to the guard which processes to stop, the postmaster first. */
  guard(pids: readonly number[]): void {
    this.#guard.stdin?.write(`${pids.join(' ')}\n`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#removeSharedMemory()
    for (const path of this.#all) await rm(path, { recursive: true, force: true })
    this.#guard.stdin?.end()
  }

  /**
   * Removes the shared memory segment and the semaphores that a killed server leaves behind. The
   * next server on the folder would use them to detect other users, but there is none, and the
   * system has few.
   */
  #removeSharedMemory(): void {
    try {
      const key = readFileSync(join(this.data, 'postmaster.pid'), 'utf8').split('\n')[6]
      const id = key?.trim().split(/\s+/)[1]
      if (id === undefined) return
      spawn('ipcrm', ['-m', id], { stdio: 'ignore' }).once('error', () => {})
    } catch {
      // A server that shut down gracefully has removed both.
    }
  }
}

/** Returns a folder for temporary files that the user PostgreSQL runs as may enter. */
function temporaryParent(): string {
  const parents = [tmpdir(), '/tmp', '/var/tmp']
  const parent = parents.find((path) => existsSync(path) && isReachable(path))
  if (parent === undefined)
    throw new Error(`PostgreSQL has access to none of ${parents.join(', ')}`)
  return parent
}

function createFolder(parent: string): string {
  const path = mkdtempSync(join(parent, 'rollcall-postgres-'))
  chownToPostgres(path)
  return path
}

function hasMemory(): boolean {
  try {
    const { bavail, bsize } = statfsSync(MEMORY)
    return bavail * bsize > MEMORY_NEEDED_BYTES
  } catch {
    return false
  }
}
