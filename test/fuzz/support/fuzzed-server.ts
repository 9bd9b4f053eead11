import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RawConnection } from '../../http/support/raw-connection.ts'

/** Memory of the server after a full garbage collection. */
export interface ServerMemory {
  /** Objects of its main thread. */
  readonly heapMiB: number
  /** Memory outside of the heap that those objects hold, mostly buffers. */
  readonly externalMiB: number
  /** Resident set of the process. */
  readonly rssMiB: number
}

/**
 * Limit of the old generation. With gigabytes available V8 would delay collection and the resident
 * set would measure garbage; with this limit it measures what is needed. A leak ends in a crash,
 * which is detected as well.
 */
const HEAP_LIMIT_MIB = 96

/**
 * The token of an operator, in a file: without access control, the first request that creates a token would begin it,
 * and most of those after it would get no further than 401.
 */
const TOKEN = 'the-token-of-an-operator-with-bad-intentions'

/** A registry on SQLite in its own process, with access control. */
export class FuzzedServer implements AsyncDisposable {
  readonly baseUrl: string
  readonly token = TOKEN
  readonly #process: ChildProcess
  readonly #directory: string

  private constructor(baseUrl: string, process: ChildProcess, directory: string) {
    this.baseUrl = baseUrl
    this.#process = process
    this.#directory = directory
  }

  static async start(): Promise<FuzzedServer> {
    const directory = await mkdtemp(join(tmpdir(), 'rollcall-fuzz-'))
    const script = join(import.meta.dirname, 'fuzzed-server-process.ts')
    const tokenFile = join(directory, 'tokens')
    await writeFile(tokenFile, `operator admin * ${TOKEN}\n`)
    const child = fork(script, [`sqlite:///${join(directory, 'agents.db')}`, tokenFile], {
      execArgv: [
        '--expose-gc',
        `--max-old-space-size=${HEAP_LIMIT_MIB}`,
        '--conditions=@rollcall/source',
      ],
    })
    const [baseUrl] = await once(child, 'message')
    return new FuzzedServer(String(baseUrl), child, directory)
  }

  /** Whether the process is running. */
  get isRunning(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null
  }

  async memory(): Promise<ServerMemory> {
    const [memory] = await this.#ask('memory')
    return memory as ServerMemory
  }

  /** Deregisters every agent and revokes every token, so that memory still used afterwards belongs to none. */
  async removeAll(): Promise<void> {
    const agents = await this.#list<{ agent_id: string }>('/agents?include_dead=true')
    const tokens = await this.#list<{ id: string }>('/tokens')
    const paths = [
      ...agents.map(({ agent_id: id }) => `/agents/${id}`),
      ...tokens.map(({ id }) => `/tokens/${id}`),
    ]
    // `fetch` would normalize the address of an agent called `..`.
    await using connection = await RawConnection.open(this.baseUrl)
    for (const path of paths) {
      const headers = `Host: x\r\nAuthorization: Bearer ${TOKEN}`
      connection.send(`DELETE ${path} HTTP/1.1\r\n${headers}\r\n\r\n`)
      await connection.answer()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isRunning) {
      const ended = once(this.#process, 'exit')
      this.#process.send('stop')
      await ended
    }
    await rm(this.#directory, { recursive: true })
  }

  async #list<T>(path: string): Promise<T[]> {
    const headers = { authorization: `Bearer ${TOKEN}` }
    return (await (await fetch(`${this.baseUrl}${path}`, { headers })).json()) as T[]
  }

  #ask(message: string): Promise<unknown[]> {
    const reply = once(this.#process, 'message')
    this.#process.send(message)
    return reply
  }
}
