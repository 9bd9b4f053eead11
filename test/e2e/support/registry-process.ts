import type { ChildProcess } from 'node:child_process'
import { HttpClient } from './http-client.ts'
import { type CommandOptions, type Exit, spawnRollcall } from './rollcall-command.ts'

export interface RegistryOptions extends CommandOptions {
  /** Storage URL; default: chosen by the command. */
  readonly db?: string
  /** Further options of `rollcall serve`. */
  readonly args?: readonly string[]
}

/** Timeout of a start; it takes a few hundred milliseconds on an idle machine. */
const START_TIMEOUT_MS = 45_000
const LISTENING = /is listening on (https?:\/\/[^\s,]+)/

/**
 * A registry in its own process, on a free port of the loopback interface.
 *
 * ```ts
 * await using registry = await RegistryProcess.start({ cwd: folder.path, db: 'memory:' })
 * const { status } = await registry.http.get('/health')
 * ```
 */
export class RegistryProcess implements AsyncDisposable {
  readonly url: string
  readonly http: HttpClient
  /** Resolves when the process has exited. */
  readonly exit: Promise<Exit>
  readonly #child: ChildProcess
  readonly #received: { readonly text: string }

  private constructor(
    child: ChildProcess,
    parts: { url: string; exit: Promise<Exit>; received: { readonly text: string } },
  ) {
    this.#child = child
    this.url = parts.url
    this.exit = parts.exit
    this.#received = parts.received
    this.http = new HttpClient(parts.url)
  }

  /**
   * Starts `rollcall serve` and waits until it listens.
   *
   * @throws Error with the output of the process if it exited instead
   */
  static async start(options: RegistryOptions): Promise<RegistryProcess> {
    const { db, args = [] } = options
    const storage = db === undefined ? [] : ['--db', db]
    const child = spawnRollcall(['serve', '--port', '0', ...storage, ...args], options)
    const received = { text: '' }
    const exit = new Promise<Exit>((resolve) => {
      child.once('close', (code, signal) => resolve({ code, signal }))
    })
    const overdue = setTimeout(() => child.kill('SIGKILL'), START_TIMEOUT_MS)
    const url = await new Promise<string>((resolve, reject) => {
      const listen = (text: string): void => {
        received.text += text
        const found = LISTENING.exec(received.text)?.[1]
        if (found !== undefined) resolve(found)
      }
      child.stdout?.on('data', listen)
      child.stderr?.on('data', listen)
      child.once('error', reject)
      void exit.then(({ code, signal }) =>
        reject(
          new Error(`the registry exited (${code ?? signal}) with the output: ${received.text}`),
        ),
      )
    }).finally(() => clearTimeout(overdue))
    return new RegistryProcess(child, { url, exit, received })
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  get port(): number {
    return Number(new URL(this.url).port)
  }

  /** Output of the process so far. */
  get output(): string {
    return this.#received.text
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  /** Sends SIGKILL: the process has no chance to write anything. */
  async kill(): Promise<void> {
    this.signal('SIGKILL')
    await this.exit
    this.http.close()
  }

  /** Shuts the process down gracefully. */
  async stop(signal: 'SIGTERM' | 'SIGINT' = 'SIGTERM'): Promise<Exit> {
    this.signal(signal)
    const exit = await this.exit
    this.http.close()
    return exit
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill()
  }
}
