import type { ChildProcess } from 'node:child_process'
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { HttpClient } from '../e2e/support/http-client.ts'
import { spawnRollcall } from '../e2e/support/rollcall-command.ts'
import { freePort } from '../postgres/support/free-port.ts'
import type { RegistryTraits } from './attack.ts'

/** How to start a node. */
export interface NodeOptions
  extends Pick<RegistryTraits, 'args' | 'openFiles' | 'heapMegabytes' | 'log'> {
  readonly db: string
  readonly cwd: string
  /** The bin file to run; default: that of this checkout. */
  readonly command: string | undefined
}

/** Milliseconds for a node to become ready. */
const START_TIMEOUT_MS = 60_000
/** Length of the output to keep. */
const OUTPUT_CHARACTERS = 20_000

/**
 * A registry process that can be stopped and restarted on the same port, and whose memory is
 * measured. Its log may be unreadable, so only its responses show whether it is up.
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

  /** Starts a node and waits until it is ready; kills it after a timeout. */
  static async start(options: NodeOptions): Promise<RegistryNode> {
    const node = new RegistryNode(options, await freePort())
    node.spawn()
    try {
      await node.untilReady()
      return node
    } catch (error) {
      await node.stop('SIGKILL')
      throw error
    }
  }

  /** Starts the process without waiting. */
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

  /** Resolves once it accepts registrations. */
  async untilReady(limitMs = START_TIMEOUT_MS): Promise<void> {
    const limit = performance.now() + limitMs
    while (performance.now() < limit && this.isRunning) {
      const signal = AbortSignal.timeout(1000)
      const response = await fetch(`${this.url}/health/ready`, { signal }).catch(() => undefined)
      await response?.body?.cancel()
      if (response?.ok) return
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    throw new Error(`the registry does not respond; its output: ${this.#output}`)
  }

  get isRunning(): boolean {
    return this.#child?.exitCode === null && this.#child.signalCode === null
  }

  /** The end of its output. */
  get output(): string {
    return this.#output
  }

  /** Current resident memory in bytes; 0 if it is not running. */
  residentBytes(): number {
    return this.#memory('VmRSS')
  }

  /** Maximum resident memory since {@link resetPeak}, in bytes; 0 if it is not running. */
  peakBytes(): number {
    return this.#memory('VmHWM')
  }

  /** Resets the peak of resident memory. */
  resetPeak(): void {
    try {
      writeFileSync(`/proc/${this.#child?.pid}/clear_refs`, '5')
    } catch {
      // Otherwise the peak counts from the start of the process.
    }
  }

  /** Sends a signal to the process. */
  signal(name: NodeJS.Signals): void {
    this.#child?.kill(name)
  }

  /** Stops the process, with SIGKILL after a timeout. Returns the milliseconds it took. */
  async stop(signal: 'SIGTERM' | 'SIGKILL', limitMs = 30_000): Promise<number> {
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
    await this.stop('SIGKILL')
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
