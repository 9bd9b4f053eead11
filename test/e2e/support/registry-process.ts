import type { ChildProcess } from 'node:child_process'
import { HttpClient } from './http-client.ts'
import { type CommandOptions, type Exit, spawnRollcall } from './rollcall-command.ts'

export interface RegistryOptions extends CommandOptions {
  /** Storage URL; default: what the command makes of the rest. */
  readonly db?: string
  /** Further options of `rollcall serve`. */
  readonly args?: readonly string[]
}

/** Milliseconds after which a start has failed; it takes some hundred where nothing else runs. */
const START_TIMEOUT_MS = 45_000
const LISTENING = /is listening on (http:\/\/[^\s,]+)/

/**
 * A registry as a process of its own, on a free port of the loopback interface.
 *
 * ```ts
 * await using registry = await RegistryProcess.start({ cwd: folder.path, db: 'memory:' })
 * const { status } = await registry.http.get('/health')
 * ```
 */
export class RegistryProcess implements AsyncDisposable {
  readonly url: string
  readonly http: HttpClient
  /** Resolves when the process has ended. */
  readonly exit: Promise<Exit>
  readonly #child: ChildProcess
  readonly #told: { readonly text: string }

  private constructor(
    child: ChildProcess,
    parts: { url: string; exit: Promise<Exit>; told: { readonly text: string } },
  ) {
    this.#child = child
    this.url = parts.url
    this.exit = parts.exit
    this.#told = parts.told
    this.http = new HttpClient(parts.url)
  }

  /**
   * Starts `rollcall serve` and waits until it listens.
   *
   * @throws Error with everything that the process told, when it ended instead
   */
  static async start(options: RegistryOptions): Promise<RegistryProcess> {
    const { db, args = [] } = options
    const storage = db === undefined ? [] : ['--db', db]
    const child = spawnRollcall(['serve', '--port', '0', ...storage, ...args], options)
    const told = { text: '' }
    const exit = new Promise<Exit>((resolve) => {
      child.once('close', (code, signal) => resolve({ code, signal }))
    })
    const overdue = setTimeout(() => child.kill('SIGKILL'), START_TIMEOUT_MS)
    const url = await new Promise<string>((resolve, reject) => {
      const listen = (text: string): void => {
        told.text += text
        const found = LISTENING.exec(told.text)?.[1]
        if (found !== undefined) resolve(found)
      }
      child.stdout?.on('data', listen)
      child.stderr?.on('data', listen)
      child.once('error', reject)
      exit.then(({ code, signal }) =>
        reject(new Error(`the registry ended (${code ?? signal}) and told: ${told.text}`)),
      )
    }).finally(() => clearTimeout(overdue))
    return new RegistryProcess(child, { url, exit, told })
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  get port(): number {
    return Number(new URL(this.url).port)
  }

  /** Everything that the process wrote so far. */
  get output(): string {
    return this.#told.text
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  /** Ends it as `kill -9` does: without a chance to write anything. */
  async kill(): Promise<void> {
    this.signal('SIGKILL')
    await this.exit
    this.http.close()
  }

  /** Ends it in order. */
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
