import { callRegistry, type RegistryCall } from '@rollcall/client'
import { httpFetch } from '@rollcall/client/node'
import type {
  CreatedWebhook,
  DeletedWebhook,
  WebhookPatch,
  WebhookRequest,
  WebhookTest,
  WireWebhook,
} from '@rollcall/server'

/** Creates, changes and deletes the webhooks of a registry. */
export class WebhookCalls {
  readonly #options: { readonly registry: string; readonly timeout: number }

  /** @param options the URL of the registry, and the timeout of a call in seconds */
  constructor(options: { readonly registry: string; readonly timeout: number }) {
    this.#options = options
  }

  create(body: WebhookRequest): Promise<CreatedWebhook> {
    return this.#call({ method: 'POST', path: '/webhooks', body })
  }

  list(): Promise<WireWebhook[]> {
    return this.#call({ method: 'GET', path: '/webhooks' })
  }

  get(id: string): Promise<WireWebhook> {
    return this.#call({ method: 'GET', path: `/webhooks/${id}` })
  }

  change(id: string, body: WebhookPatch): Promise<WireWebhook> {
    return this.#call({ method: 'PATCH', path: `/webhooks/${id}`, body })
  }

  delete(id: string): Promise<DeletedWebhook> {
    return this.#call({ method: 'DELETE', path: `/webhooks/${id}` })
  }

  test(id: string): Promise<WebhookTest> {
    return this.#call({ method: 'POST', path: `/webhooks/${id}/test` })
  }

  #call<T>(call: RegistryCall): Promise<T> {
    const { registry: registryUrl, timeout } = this.#options
    const timeoutMs = timeout * 1000
    return callRegistry<T>(call, { registryUrl, timeoutMs, fetch: httpFetch(), logger: null })
  }
}
