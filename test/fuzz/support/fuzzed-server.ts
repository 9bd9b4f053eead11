import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
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

/** A registry on SQLite in its own process. */
export class FuzzedServer implements AsyncDisposable {
  readonly baseUrl: string
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
    const child = fork(script, [`sqlite:///${join(directory, 'agents.db')}`], {
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

  /** Deregisters every agent, so that memory still used afterwards belongs to none. */
  async deregisterAll(): Promise<number> {
    const response = await fetch(`${this.baseUrl}/agents?include_dead=true`)
    const agents = (await response.json()) as { agent_id: string }[]
    // `fetch` would normalize the address of an agent called `..`.
    await using connection = await RawConnection.open(this.baseUrl)
    for (const { agent_id } of agents) {
      connection.send(`DELETE /agents/${agent_id} HTTP/1.1\r\nHost: x\r\n\r\n`)
      await connection.answer()
    }
    return agents.length
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isRunning) {
      const ended = once(this.#process, 'exit')
      this.#process.send('stop')
      await ended
    }
    await rm(this.#directory, { recursive: true })
  }

  #ask(message: string): Promise<unknown[]> {
    const reply = once(this.#process, 'message')
    this.#process.send(message)
    return reply
  }
}
