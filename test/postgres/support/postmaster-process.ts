import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { postgresUser } from './postgres-user.ts'
import { childrenOf, waitForExit } from './process-table.ts'

/** Long enough to recover from a crash on a busy machine. */
const READY_WITHIN_MS = 60_000

/** Lines of the log to keep. */
const LOG_LINES = 500

/** How to start the postmaster. */
export interface PostmasterOptions {
  /** Path of the program `postgres`. */
  readonly program: string
  /** The data folder. */
  readonly data: string
  readonly port: number
}

/** The postmaster: the process that listens and starts one more for each connection. */
export class PostmasterProcess {
  readonly pid: number
  /** Resolves once it has exited, for whatever reason. */
  readonly ended: Promise<void>
  readonly #child: ChildProcess
  readonly #log: string[] = []
  readonly #accepts: Promise<boolean>

  private constructor(child: ChildProcessByStdio<null, null, Readable>, pid: number) {
    this.pid = pid
    this.#child = child
    this.ended = new Promise((resolve) => child.once('exit', () => resolve()))
    this.#accepts = this.#read(child.stderr)
  }

  /** Starts the process; `ready` waits until it accepts connections. */
  static async spawn({ program, data, port }: PostmasterOptions): Promise<PostmasterProcess> {
    const child = spawn(program, ['-D', data, '-p', String(port)], {
      cwd: data,
      // An empty environment: `PGPORT` and the like would change what is under test.
      env: { LC_ALL: 'C' },
      // Ctrl-C must not reach it; the tests stop it as they end.
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
      ...postgresUser(),
    })
    if (child.pid === undefined) {
      const [error] = (await once(child, 'error')) as [Error]
      throw new Error(`${program} cannot be run`, { cause: error })
    }
    return new PostmasterProcess(child, child.pid)
  }

  /** Resolves once it accepts connections. Kills it if it does not in time. */
  async ready(): Promise<void> {
    if (await this.#accepts) return
    if (this.isRunning) await this.kill()
    throw new Error(`PostgreSQL did not start. Its log:\n${this.log}`)
  }

  /** The end of the log. */
  get log(): string {
    return this.#log.join('\n')
  }

  /** Whether the process has not exited. */
  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Sends a signal and waits until the process and its children have exited. */
  async end(signal: NodeJS.Signals): Promise<void> {
    process.kill(this.pid, signal)
    await this.ended
  }

  /** Signals the process and all of its children. Returns their pids, its own first. */
  signalAll(signal: NodeJS.Signals): readonly number[] {
    // A stopped process starts no child that would be missed.
    process.kill(this.pid, 'SIGSTOP')
    const all = [this.pid, ...childrenOf(this.pid)]
    // The children first: killed alone, the postmaster would let them end commits that wait for a standby.
    for (const pid of all.toReversed()) {
      try {
        process.kill(pid, signal)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
      }
    }
    return all
  }

  /** Kills the process and its children, and waits until all have exited. */
  async kill(): Promise<void> {
    await waitForExit(this.signalAll('SIGKILL'))
    await this.ended
  }

  /** Collects the log. Resolves with whether it reports in time that connections are accepted. */
  #read(log: Readable): Promise<boolean> {
    const lines = createInterface({ input: log })
    return new Promise((resolve) => {
      const late = setTimeout(() => resolve(false), READY_WITHIN_MS)
      lines.on('line', (line) => {
        if (this.#log.push(line) > LOG_LINES) this.#log.shift()
        if (!/ready to accept (read-only )?connections/.test(line)) return
        clearTimeout(late)
        resolve(true)
      })
      lines.once('close', () => {
        clearTimeout(late)
        resolve(false)
      })
    })
  }
}
