import type { Webhook, WebhookChange } from '../../webhooks/webhook.ts'
import type { SavedProgress } from '../../webhooks/webhook-store.ts'
import { MemoryWebhookStore } from '../memory/webhook-store.ts'
import type { WebhookWrite } from './schema/webhooks.ts'
import type { SqliteWriter } from './threads/writer.ts'

/** Keeps webhooks in memory and, before that, in the file. */
export class SqliteWebhookStore extends MemoryWebhookStore {
  readonly #writer: SqliteWriter

  /** @param webhooks those in the file */
  constructor(writer: SqliteWriter, webhooks: readonly Webhook[]) {
    super(webhooks)
    this.#writer = writer
  }

  override async create(webhook: Webhook): Promise<void> {
    await this.#write({ create: webhook })
    await super.create(webhook)
  }

  override async change(id: string, change: WebhookChange): Promise<Webhook | undefined> {
    await this.#write({ id, change })
    return super.change(id, change)
  }

  override async delete(id: string): Promise<boolean> {
    await this.#write({ delete: id })
    return super.delete(id)
  }

  override async save(node: string, progress: readonly SavedProgress[]): Promise<void> {
    await this.#write({ progress })
    await super.save(node, progress)
  }

  async #write(write: WebhookWrite): Promise<void> {
    await this.#writer.request({ kind: 'writeWebhooks', write })
  }
}
