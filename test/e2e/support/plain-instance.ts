/** One process of an agent in any language: three calls, and a header that names the instance. */
export class PlainInstance {
  readonly #url: string
  readonly #agentId: string
  readonly #instanceId: string

  constructor(url: string, agentId: string, instanceId: string) {
    this.#url = url
    this.#agentId = agentId
    this.#instanceId = instanceId
  }

  async register(ttlSeconds: number): Promise<number> {
    const { status } = await fetch(`${this.#url}/agents/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        agent_id: this.#agentId,
        agent_name: 'plain',
        host: '127.0.0.1',
        port: 8000,
        ttl_seconds: ttlSeconds,
        instance_id: this.#instanceId,
      }),
    })
    return status
  }

  /** Returns the status, and the code and the incarnation of an error. */
  heartbeat(): Promise<unknown> {
    return this.#send('POST', '/heartbeat')
  }

  deregister(): Promise<unknown> {
    return this.#send('DELETE', '')
  }

  async #send(method: string, path: string): Promise<unknown> {
    const response = await fetch(`${this.#url}/agents/${this.#agentId}${path}`, {
      method,
      headers: { 'rollcall-instance': this.#instanceId },
    })
    const { code, incarnation } = (await response.json()) as Record<string, unknown>
    return { status: response.status, code, incarnation }
  }
}
