import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, statfsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { giveToPostgres, isReachable } from './postgres-user.ts'

/**
 * Reads from the tests which processes run, the one that listens first. When the tests end (however
 * they do: then the pipe closes) stops that one, kills it after five seconds, and removes folders.
 */
const GUARD = `
  while read -r told; do pids=$told; done
  pid=\${pids%% *}
  if [ -n "$pid" ]; then
    kill -CONT $pids
    kill -QUIT "$pid"
    tenths=0
    while kill -0 "$pid" && [ $tenths -lt 50 ]; do sleep 0.1; tenths=$((tenths + 1)); done
    kill -KILL "$pid"
  fi
  rm -rf "$@"`

/** Memory that looks like a folder, on Linux; containers often have next to none of it. */
const MEMORY = '/dev/shm'

const MEMORY_NEEDED_BYTES = 2 ** 30

/**
 * The temporary folders of one server. A guard, a process of its own, sees to it that neither the
 * folder nor the server outlives the process of the tests, not even one that is killed.
 */
export class PostgresFolder implements AsyncDisposable {
  readonly path = createFolder(temporaryParent())
  /** The data folder, which is not there yet. */
  readonly data: string
  readonly #all: readonly string[]
  readonly #guard: ChildProcess

  /** @param isInMemory whether the data are kept in memory, if there is enough */
  constructor(isInMemory: boolean) {
    // Only the data: programs may not be run from there.
    const inMemory = isInMemory && hasMemory() ? [createFolder(MEMORY)] : []
    this.#all = [this.path, ...inMemory]
    this.data = join(inMemory[0] ?? this.path, 'data')
    this.#guard = spawn('/bin/sh', ['-c', GUARD, 'guard', ...this.#all], {
      // Ctrl-C is for the tests; the guard has to outlive them.
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    this.#guard.unref()
    // The pipe is no reason to keep the tests running either.
    const pipe = this.#guard.stdin
    if (pipe instanceof Socket) pipe.unref()
    pipe?.on('error', () => {}) // Nobody is left to tell.
  }

  /** Tells the guard which processes it has to stop, the one that listens first. */
  guard(pids: readonly number[]): void {
    this.#guard.stdin?.write(`${pids.join(' ')}\n`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#removeSharedMemory()
    for (const path of this.#all) await rm(path, { recursive: true, force: true })
    this.#guard.stdin?.end()
  }

  /**
   * A server that was killed leaves a few bytes of shared memory behind, by which the next one on
   * its folder sees that nobody uses it. There will be no next one, and the system has not many.
   */
  #removeSharedMemory(): void {
    try {
      const key = readFileSync(join(this.data, 'postmaster.pid'), 'utf8').split('\n')[6]
      const id = key?.trim().split(/\s+/)[1]
      if (id === undefined) return
      spawn('ipcrm', ['-m', id], { stdio: 'ignore' }).once('error', () => {})
    } catch {
      // It was stopped in good order, and has removed both.
    }
  }
}

/** The folder for temporary files, unless it is closed to the user that PostgreSQL runs as. */
function temporaryParent(): string {
  const parents = [tmpdir(), '/tmp', '/var/tmp']
  const parent = parents.find((path) => existsSync(path) && isReachable(path))
  if (parent === undefined) throw new Error(`PostgreSQL may enter none of ${parents.join(', ')}`)
  return parent
}

function createFolder(parent: string): string {
  const path = mkdtempSync(join(parent, 'rollcall-postgres-'))
  giveToPostgres(path)
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
