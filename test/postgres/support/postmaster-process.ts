import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { runsAs } from './postgres-user.ts'
import { childrenOf, gone } from './process-table.ts'

/** Long enough to recover from a crash on a busy machine. */
const READY_WITHIN_MS = 60_000

/** How much of its log is kept, in lines. */
const LOG_LINES = 500

/** What a process of PostgreSQL is started with. */
export interface PostmasterOptions {
  /** The path of the program `postgres`. */
  readonly program: string
  /** The data folder. */
  readonly data: string
  readonly port: number
}

/** The process that listens, and that starts one more for each connection. */
export class PostmasterProcess {
  readonly pid: number
  /** Resolves when it has ended, for whatever reason. */
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

  /** Starts it, which takes until `ready`. */
  static async spawn({ program, data, port }: PostmasterOptions): Promise<PostmasterProcess> {
    const child = spawn(program, ['-D', data, '-p', String(port)], {
      cwd: data,
      // Nothing of the environment: `PGPORT` and the like would change what is under test.
      env: { LC_ALL: 'C' },
      // Ctrl-C is for the tests, which stop it as they end.
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
      ...runsAs(),
    })
    if (child.pid === undefined) {
      const [error] = (await once(child, 'error')) as [Error]
      throw new Error(`${program} cannot be run`, { cause: error })
    }
    return new PostmasterProcess(child, child.pid)
  }

  /** Resolves when it accepts connections. One that does not come so far is killed. */
  async ready(): Promise<void> {
    if (await this.#accepts) return
    if (this.isRunning) await this.kill()
    throw new Error(`PostgreSQL did not start. Its log:\n${this.log}`)
  }

  /** The end of what it has logged. */
  get log(): string {
    return this.#log.join('\n')
  }

  /** Whether it has not ended. */
  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Sends it a signal and waits until it has ended, with all the processes it has started. */
  async end(signal: NodeJS.Signals): Promise<void> {
    process.kill(this.pid, signal)
    await this.ended
  }

  /** Sends a signal to it and to every process it has started. Gives which, it being the first. */
  signalAll(signal: NodeJS.Signals): readonly number[] {
    // While it stands still it starts no process that would be overlooked.
    process.kill(this.pid, 'SIGSTOP')
    const all = [this.pid, ...childrenOf(this.pid)]
    for (const pid of all) {
      try {
        process.kill(pid, signal)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
      }
    }
    return all
  }

  /** Kills it and every process it has started, and waits until all are gone. */
  async kill(): Promise<void> {
    await gone(this.signalAll('SIGKILL'))
    await this.ended
  }

  /** Gathers the log. Gives whether it tells, in time, that connections are accepted. */
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
