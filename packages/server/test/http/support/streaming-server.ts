import type { Socket } from 'node:net'
import {
  type AgentRegistryRepository,
  AgentRegistryServer,
  MemoryAgentRegistryRepository,
} from '@rollcall/server'
import {
  parsePrometheusText,
  sampleValue,
} from '../../../../../test/http/support/prometheus-text.ts'

/** A server whose streams a test can inspect. */
export class StreamingServer implements AsyncDisposable {
  readonly server: AgentRegistryServer
  readonly repository: AgentRegistryRepository
  #baseUrl = ''
  readonly #sockets = new Set<Socket>()

  private constructor(repository: AgentRegistryRepository) {
    this.repository = repository
    this.server = new AgentRegistryServer('memory:', { repository })
  }

  static async start(
    repository: AgentRegistryRepository = new MemoryAgentRegistryRepository(),
  ): Promise<StreamingServer> {
    const started = new StreamingServer(repository)
    const { server } = started.server.createApp()
    server.on('connection', (socket: Socket) => started.#sockets.add(socket))
    started.#baseUrl = await started.server.listen({ port: 0 })
    return started
  }

  get baseUrl(): string {
    return this.#baseUrl
  }

  /** Unsent bytes in the server for the slowest of its clients. */
  get longestBacklog(): number {
    return Math.max(...[...this.#sockets].map(({ writableLength }) => writableLength))
  }

  /** Connections that are open from the point of view of the server. */
  get openConnections(): number {
    return [...this.#sockets].filter(({ destroyed }) => !destroyed).length
  }

  /** Returns the value of a metric. */
  async metric(name: string, labels: Readonly<Record<string, string>> = {}): Promise<number> {
    const text = await (await fetch(`${this.baseUrl}/metrics`)).text()
    return sampleValue(parsePrometheusText(text), name, labels)
  }

  /** Returns the number of open streams that have caught up. */
  readers(): Promise<number> {
    return this.metric('rollcall_feed_readers')
  }

  /** Returns the number of streams that the server dropped for a reason. */
  drops(reason: 'stalled' | 'failed'): Promise<number> {
    return this.metric('rollcall_feed_dropped_readers_total', { reason })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.close()
    await this.repository.close()
  }
}
