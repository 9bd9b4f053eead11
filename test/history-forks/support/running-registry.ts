import { AgentRegistryServer } from '@rollcall/server'

/** A registry that listens on a free port. */
export class RunningRegistry implements AsyncDisposable {
  readonly url: string
  readonly #server: AgentRegistryServer

  private constructor(server: AgentRegistryServer, url: string) {
    this.#server = server
    this.url = url
  }

  /** @param db the URL of its store */
  static async start(db: string): Promise<RunningRegistry> {
    const server = new AgentRegistryServer(db)
    return new RunningRegistry(server, await server.listen({ port: 0 }))
  }

  /** Registers agents one after the other: each is one revision. */
  async register(agentIds: readonly string[], port = 8000): Promise<void> {
    for (const agentId of agentIds) {
      const response = await fetch(`${this.url}/agents/register`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          agent_id: agentId,
          agent_name: agentId,
          host: '127.0.0.1',
          port,
          ttl_seconds: 3600,
        }),
      })
      if (response.status !== 200) throw new Error(await response.text())
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#server.close()
  }
}
