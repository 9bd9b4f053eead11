import { AgentRegistryServer, webhookStoreOf } from '@rollcall/server'
import { expect } from 'vitest'
import { EXAMPLE_WEBHOOK_ID } from '../../packages/server/src/http/openapi/webhook-examples.ts'
import {
  type TokenFileOnDisk,
  tokenFile,
} from '../../packages/server/test/access/support/token-file-on-disk.ts'
import { disabledWebhook } from '../webhooks/support/disabled-webhook.ts'

const TOKEN = 'the-token-with-which-the-examples-are-sent'

/** The webhook in the examples. */
const WEBHOOK = disabledWebhook(EXAMPLE_WEBHOOK_ID)

/** The agent in the examples, as an MCP server with an identifier of its own. */
const SERVER = {
  agent_id: 'researcher-1',
  agent_name: 'R',
  host: 'h',
  port: 1,
  protocol: 'mcp',
  identifier: 'urn:air:example.com:agent:researcher-1',
}
/** What is about that, in a path or a command. */
const ABOUT_SERVER = /server-card|\/v0\.1\/servers\/|\/ard\/agents\//

/** A registry in which the documented examples work, one after another, with the token of an operator. */
export class ExampleRegistry implements AsyncDisposable {
  readonly url: string
  readonly authorization = `Bearer ${TOKEN}`
  readonly #server: AgentRegistryServer
  readonly #tokens: TokenFileOnDisk

  private constructor(url: string, server: AgentRegistryServer, tokens: TokenFileOnDisk) {
    this.url = url
    this.#server = server
    this.#tokens = tokens
  }

  static async start(): Promise<ExampleRegistry> {
    const tokens = await tokenFile(`alice admin * ${TOKEN}`)
    const server = new AgentRegistryServer('memory:', { tokenFile: tokens.path })
    return new ExampleRegistry(await server.listen({ port: 0 }), server, tokens)
  }

  /** Creates what an example is about, and an earlier one may have removed. */
  async prepareFor(text: string): Promise<void> {
    await webhookStoreOf(this.#server.repository ?? {})?.create(WEBHOOK)
    if (!ABOUT_SERVER.test(text)) return
    const response = await fetch(`${this.url}/agents/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: this.authorization },
      body: JSON.stringify(SERVER),
    })
    expect(response.status).toBe(200)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.close()
    await this.#tokens[Symbol.asyncDispose]()
  }
}
