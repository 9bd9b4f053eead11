import { changedWebhook, type Webhook, type WebhookChange } from '../../webhooks/webhook.ts'
import {
  type SavedProgress,
  type WebhookStore,
  withProgress,
} from '../../webhooks/webhook-store.ts'

/** Keeps webhooks in memory, for the only node there is. */
export class MemoryWebhookStore implements WebhookStore {
  /** In the order of their creation. */
  readonly #webhooks: Map<string, Webhook>

  constructor(webhooks: readonly Webhook[] = []) {
    this.#webhooks = new Map(webhooks.map((webhook) => [webhook.id, webhook]))
  }

  async create(webhook: Webhook): Promise<void> {
    this.#webhooks.set(webhook.id, webhook)
  }

  async list(): Promise<readonly Webhook[]> {
    return [...this.#webhooks.values()]
  }

  async change(id: string, change: WebhookChange): Promise<Webhook | undefined> {
    const webhook = this.#webhooks.get(id)
    if (webhook === undefined) return undefined
    const changed = changedWebhook(webhook, change)
    this.#webhooks.set(id, changed)
    return changed
  }

  async delete(id: string): Promise<boolean> {
    return this.#webhooks.delete(id)
  }

  async claim(_node: string): Promise<readonly Webhook[]> {
    return [...this.#webhooks.values()].filter(({ isEnabled }) => isEnabled)
  }

  async save(_node: string, progress: readonly SavedProgress[]): Promise<void> {
    for (const saved of progress) {
      const webhook = this.#webhooks.get(saved.id)
      if (webhook) this.#webhooks.set(saved.id, withProgress(webhook, saved))
    }
  }

  async release(): Promise<void> {}
}
