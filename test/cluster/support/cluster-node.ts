import { setTimeout as sleep } from 'node:timers/promises'
import type { Agent, AgentEvent, Health } from '@rollcall/protocol'
import { HttpClient } from '../../e2e/support/http-client.ts'
import { RegistryProcess } from '../../e2e/support/registry-process.ts'
import type { Exit } from '../../e2e/support/rollcall-command.ts'
import { freePort } from '../../postgres/support/free-port.ts'

/** How a node is run, each time that it is started. */
export interface NodeOptions {
  /** The working directory. */
  readonly cwd: string
  /** The URL of the database. */
  readonly db: string
  /** Further options of `rollcall serve`. */
  readonly args?: readonly string[]
  /** Milliseconds by which the clock of its machine is off. */
  readonly clockErrorMs?: number
}

const SKEWED_CLOCK = new URL('./skewed-clock.ts', import.meta.url).href

/** Events per page: the maximum. */
const PAGE_SIZE = 1000

/** One node of a registry: a process that can be killed and restarts on the same port. */
export class ClusterNode implements AsyncDisposable {
  readonly name: string
  readonly port: number
  readonly url: string
  /** Client of this node only. */
  readonly http: HttpClient
  readonly #options: NodeOptions
  #process: RegistryProcess | undefined
  #up = Promise.withResolvers<void>()

  private constructor(name: string, port: number, options: NodeOptions) {
    this.name = name
    this.port = port
    this.url = `http://127.0.0.1:${port}`
    this.http = new HttpClient(this.url)
    this.#options = options
  }

  /** Creates a node without starting it. */
  static async create(name: string, options: NodeOptions): Promise<ClusterNode> {
    return new ClusterNode(name, await freePort(), options)
  }

  /** Resolves once the node accepts requests; at once, unless it is down. */
  get up(): Promise<void> {
    return this.#up.promise
  }

  /** Output of the current process. */
  get output(): string {
    return this.#process?.output ?? ''
  }

  /** Starts the node. Resolves once it accepts requests. */
  async start(): Promise<void> {
    const { cwd, db, args = [], clockErrorMs } = this.#options
    this.#process = await RegistryProcess.start({
      cwd,
      db,
      args: ['--port', `${this.port}`, ...args],
      ...(clockErrorMs !== undefined && {
        node: [process.execPath, '--import', SKEWED_CLOCK],
        env: { CLOCK_ERROR_MS: `${clockErrorMs}` },
      }),
    })
    this.#up.resolve()
  }

  /** Sends SIGKILL. */
  async kill(): Promise<void> {
    this.#up = Promise.withResolvers()
    await this.#process?.kill()
  }

  /** Shuts the node down gracefully. */
  async stop(): Promise<Exit | undefined> {
    this.#up = Promise.withResolvers()
    return this.#process?.stop()
  }

  /** Stops the process (SIGSTOP); its connections stay open. */
  freeze(): void {
    this.#process?.signal('SIGSTOP')
  }

  /** Resumes the process after `freeze`. */
  thaw(): void {
    this.#process?.signal('SIGCONT')
  }

  health(): Promise<Health> {
    return this.#get<Health>('/health')
  }

  /** `GET /agents`, with an optional query string. */
  agents(query = ''): Promise<Agent[]> {
    return this.#get<Agent[]>(`/agents${query}`)
  }

  /** Reads the whole history, page by page. */
  async history(): Promise<AgentEvent[]> {
    const events: AgentEvent[] = []
    for (;;) {
      const since = events.at(-1)?.revision ?? 0
      const page = await this.#get<AgentEvent[]>(`/events?since=${since}&limit=${PAGE_SIZE}`)
      events.push(...page)
      if (page.length < PAGE_SIZE) return events
    }
  }

  /** Removes expired agents. Resolves with the revision once it has been stable for a while. */
  async settledRevision(forMs = 500): Promise<number> {
    await this.http.send('POST', '/agents/cleanup')
    for (let before = await this.health(); ; ) {
      await sleep(forMs)
      const after = await this.health()
      if (after.revision === before.revision) return after.revision
      before = after
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.http.close()
    await this.#process?.kill()
  }

  async #get<Body>(path: string): Promise<Body> {
    const { status, body } = await this.http.get<Body>(path)
    if (status !== 200) throw new Error(`${this.name}: GET ${path} returned ${status}`)
    return body
  }
}
