import type { ChildProcess } from 'node:child_process'
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { HttpClient } from '../e2e/support/http-client.ts'
import { spawnRollcall } from '../e2e/support/rollcall-command.ts'
import { freePort } from '../postgres/support/free-port.ts'
import type { RegistryTraits } from './attack.ts'

/** How a node is started. */
export interface NodeOptions
  extends Pick<RegistryTraits, 'args' | 'openFiles' | 'heapMegabytes' | 'log'> {
  readonly db: string
  readonly cwd: string
  /** The bin file that is run; default: that of this checkout. */
  readonly command: string | undefined
}

/** Milliseconds that a node has to answer for the first time. */
const START_LIMIT_MS = 60_000
/** How much of what it wrote is kept. */
const OUTPUT_CHARACTERS = 20_000

/**
 * A registry process that may be ended and started again on the same port, and of which the memory
 * is known. Its log may go where no one can read it: whether it is up, only its answers say.
 */
export class RegistryNode implements AsyncDisposable {
  readonly url: string
  readonly http: HttpClient
  readonly #options: NodeOptions
  readonly #port: number
  #child: ChildProcess | undefined
  #output = ''

  private constructor(options: NodeOptions, port: number) {
    this.#options = options
    this.#port = port
    this.url = `http://127.0.0.1:${port}`
    this.http = new HttpClient(this.url)
  }

  /** Starts one and waits until it is ready; one that is not in time is killed. */
  static async start(options: NodeOptions): Promise<RegistryNode> {
    const node = new RegistryNode(options, await freePort())
    node.spawn()
    try {
      await node.untilReady()
      return node
    } catch (error) {
      await node.end('SIGKILL')
      throw error
    }
  }

  /** Starts it, without waiting for it. */
  spawn(): void {
    const { args = [], db, openFiles, heapMegabytes: heap, log } = this.#options
    const { cwd, command } = this.#options
    const output = log === undefined ? undefined : openSync(log, 'w')
    const child = spawnRollcall(['serve', '--port', `${this.#port}`, '--db', db, ...args], {
      cwd,
      ...(heap !== undefined && { env: { NODE_OPTIONS: `--max-old-space-size=${heap}` } }),
      ...(openFiles !== undefined && { under: ['prlimit', `--nofile=${openFiles}`] }),
      ...(command !== undefined && { command }),
      ...(output !== undefined && { stdout: output }),
    })
    if (output !== undefined) closeSync(output)
    const keep = (text: string) => {
      this.#output = `${this.#output}${text}`.slice(-OUTPUT_CHARACTERS)
    }
    child.stdout?.on('data', keep)
    child.stderr?.on('data', keep)
    this.#child = child
  }

  /** Resolves when it can take registrations. */
  async untilReady(limitMs = START_LIMIT_MS): Promise<void> {
    const limit = performance.now() + limitMs
    while (performance.now() < limit && this.isRunning) {
      const signal = AbortSignal.timeout(1000)
      const response = await fetch(`${this.url}/health/ready`, { signal }).catch(() => undefined)
      await response?.body?.cancel()
      if (response?.ok) return
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    throw new Error(`the registry does not answer; it wrote: ${this.#output}`)
  }

  get isRunning(): boolean {
    return this.#child?.exitCode === null && this.#child.signalCode === null
  }

  /** The end of what it wrote. */
  get output(): string {
    return this.#output
  }

  /** Resident memory now, in bytes; 0 when it does not run. */
  residentBytes(): number {
    return this.#memory('VmRSS')
  }

  /** The most resident memory since {@link forgetPeak}, in bytes; 0 when it does not run. */
  peakBytes(): number {
    return this.#memory('VmHWM')
  }

  /** Begins to watch for the most memory anew. */
  forgetPeak(): void {
    try {
      writeFileSync(`/proc/${this.#child?.pid}/clear_refs`, '5')
    } catch {
      // Then the peak is that since its start.
    }
  }

  /** Sends it a signal. */
  signal(name: NodeJS.Signals): void {
    this.#child?.kill(name)
  }

  /** Ends it, by force when it has not after a while. Gives the milliseconds that it took. */
  async end(signal: 'SIGTERM' | 'SIGKILL', limitMs = 30_000): Promise<number> {
    const child = this.#child
    if (child === undefined || !this.isRunning) return 0
    const began = performance.now()
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill(signal)
    const force = setTimeout(() => child.kill('SIGKILL'), limitMs)
    await ended
    clearTimeout(force)
    return performance.now() - began
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end('SIGKILL')
    this.http.close()
  }

  #memory(entry: 'VmRSS' | 'VmHWM'): number {
    try {
      const status = readFileSync(`/proc/${this.#child?.pid}/status`, 'utf8')
      return Number(new RegExp(`${entry}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0) * 1024
    } catch {
      return 0
    }
  }
}
