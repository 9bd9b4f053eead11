import type { CreatedWebhook, WebhookRequest, WireWebhook } from '@rollcall/server'
import { AgentRegistryServer, type AgentRegistryServerOptions } from '@rollcall/server'

/** Sends JSON; returns the status and the JSON of the response. */
export async function sendJson<T>(
  url: string,
  json?: object,
  method = json === undefined ? 'GET' : 'POST',
): Promise<{ status: number; json: T }> {
  const body = json === undefined ? undefined : JSON.stringify(json)
  const headers = body === undefined ? {} : { 'content-type': 'application/json' }
  const response = await fetch(url, { method, headers, ...(body !== undefined && { body }) })
  return { status: response.status, json: (await response.json()) as T }
}

/** Calls that tests of webhooks make, at the URL of a registry. */
export class WebhookCalls {
  readonly url: string

  constructor(url: string) {
    this.url = url
  }

  async create(request: WebhookRequest): Promise<CreatedWebhook> {
    const { status, json } = await sendJson<CreatedWebhook>(`${this.url}/webhooks`, request)
    if (status !== 200) throw new Error(JSON.stringify(json))
    return json
  }

  async get(id: string): Promise<WireWebhook> {
    return (await sendJson<WireWebhook>(`${this.url}/webhooks/${id}`)).json
  }

  async change(id: string, json: object): Promise<WireWebhook> {
    return (await sendJson<WireWebhook>(`${this.url}/webhooks/${id}`, json, 'PATCH')).json
  }

  async register(agentId: string, more: object = {}): Promise<void> {
    const agent = { agent_id: agentId, agent_name: 'A', host: '10.0.0.7', port: 8000, ...more }
    const { status, json } = await sendJson(`${this.url}/agents/register`, agent)
    if (status !== 200) throw new Error(JSON.stringify(json))
  }

  /** Registers agents one after another: as many transitions. */
  async registerMany(count: number, prefix = 'a'): Promise<void> {
    for (let index = 0; index < count; index++) await this.register(`${prefix}${index}`)
  }
}

/** A registry in this process that may send to loopback. */
export class WebhookRegistry extends WebhookCalls implements AsyncDisposable {
  readonly #server: AgentRegistryServer

  private constructor(server: AgentRegistryServer, url: string) {
    super(url)
    this.#server = server
  }

  static async start(
    options: AgentRegistryServerOptions = {},
    db = 'memory:',
  ): Promise<WebhookRegistry> {
    const server = new AgentRegistryServer(db, { webhookNetworks: ['127.0.0.0/8'], ...options })
    return new WebhookRegistry(server, await server.listen({ port: 0 }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.close()
  }
}

/** The numbers from 1 to `last`. */
export const upTo = (last: number): number[] =>
  Array.from({ length: last }, (_, index) => index + 1)
