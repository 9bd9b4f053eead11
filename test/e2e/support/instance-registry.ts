import { AgentRegistryClient, type JoinOptions } from '@rollcall/client'
import { AgentRegistryServer } from '@rollcall/server'
import { ManualClientClock } from '../../../packages/client/test/support/manual-client-clock.ts'

/** A registry in this process, and clients that stand for processes with one agent id. */
export class InstanceRegistry implements AsyncDisposable {
  readonly server: AgentRegistryServer
  readonly url: string

  private constructor(server: AgentRegistryServer, url: string) {
    this.server = server
    this.url = url
  }

  static async start(): Promise<InstanceRegistry> {
    const server = new AgentRegistryServer('memory:')
    return new InstanceRegistry(server, await server.listen({ port: 0 }))
  }

  options(instanceId: string | null, more: Partial<JoinOptions> = {}): JoinOptions {
    return {
      registryUrl: this.url,
      agentId: 'a',
      agentName: 'A',
      host: '127.0.0.1',
      logger: null,
      instanceId,
      ...more,
    }
  }

  /** Joins as an instance whose heartbeats are sent when the test moves its clock. */
  async join(instanceId: string | null, more: Partial<JoinOptions> = {}): Promise<Instance> {
    const clock = new ManualClientClock()
    const client = await AgentRegistryClient.join(this.options(instanceId, { clock, ...more }))
    return { client, clock, events: takeovers(client) }
  }

  /** The history of the agent, without that of others. */
  async history(agentId = 'a'): Promise<string[]> {
    const transitions = await this.server.repository?.historyOf(agentId)
    return transitions?.map(({ type }) => type) ?? []
  }

  async agent(agentId = 'a') {
    return await this.server.repository?.get(agentId)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.server.close()
  }
}

export interface Instance {
  readonly client: AgentRegistryClient
  readonly clock: ManualClientClock
  /** What the client said about takeovers. */
  readonly events: unknown[]
}

/** Collects the takeovers that a client reports. */
export function takeovers(client: Pick<AgentRegistryClient, 'on'>): unknown[] {
  const events: unknown[] = []
  client.on('superseded', (event) => events.push(event))
  return events
}
