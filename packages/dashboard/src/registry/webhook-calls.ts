import { type CallOptions, type ConnectionOptions, callRegistry } from '@rollcall/client'

/** Milliseconds that the test of a webhook may take: more than the longest time that a receiver may have to respond. */
const TEST_TIMEOUT_MS = 310_000

/** Selects agents, by the names of the query parameters of `GET /events`; empty: all agents. */
export type WebhookFilter = Readonly<Record<string, string | boolean | readonly string[]>>

/** What an operator sends to create a webhook. */
export interface WebhookRequest {
  readonly url: string
  readonly filter?: WebhookFilter
}

/** A webhook, in the names of the wire. */
export interface Webhook {
  readonly id: string
  readonly url: string
  readonly filter: WebhookFilter
  readonly state: 'active' | 'failing' | 'disabled'
  /** The first attempt that failed since an event was accepted; null: none has. */
  readonly failing_since: string | null
  readonly last_error: string | null
  readonly last_delivery_at: string | null
  /** `BRANCH:REVISION`: everything up to there was accepted. */
  readonly position: string
  readonly created_at: string
  readonly created_by: string
}

/** A webhook that was created, with its secret, which is not shown again. */
export interface CreatedWebhook extends Webhook {
  readonly secret: string
}

/** What a receiver has made of an event that was sent to try it. */
export interface WebhookTest {
  readonly accepted: boolean
  readonly status: number | null
  readonly error: string | null
}

/** Lists, creates, changes and tries the webhooks of a registry. Throws as the methods of its client. */
export class WebhookCalls {
  readonly #options: ConnectionOptions

  constructor(options: ConnectionOptions) {
    this.#options = options
  }

  /** Returns all webhooks, oldest first. */
  list(options: CallOptions): Promise<Webhook[]> {
    return callRegistry({ ...options, method: 'GET', path: '/webhooks' }, this.#options)
  }

  create(body: WebhookRequest): Promise<CreatedWebhook> {
    return callRegistry({ method: 'POST', path: '/webhooks', body }, this.#options)
  }

  setEnabled(id: string, enabled: boolean): Promise<Webhook> {
    const call = { method: 'PATCH', path: pathOf(id), body: { enabled } } as const
    return callRegistry(call, this.#options)
  }

  /** Sends an event once, and waits for the response of the receiver. */
  test(id: string): Promise<WebhookTest> {
    const path = `${pathOf(id)}/test`
    return callRegistry({ method: 'POST', path, timeoutMs: TEST_TIMEOUT_MS }, this.#options)
  }

  /** Idempotent. */
  async delete(id: string): Promise<void> {
    await callRegistry({ method: 'DELETE', path: pathOf(id) }, this.#options)
  }
}

function pathOf(id: string): string {
  return `/webhooks/${encodeURIComponent(id)}`
}
