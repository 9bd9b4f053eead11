import type { Webhook, WebhookChange, WebhookProgress } from './webhook.ts'

/** Milliseconds for which a node that has claimed webhooks delivers them, unless it claims them again. */
export const CLAIM_MS = 5000

/** Progress that a node saves. */
export interface SavedProgress extends WebhookProgress {
  /** Of the webhook. */
  readonly id: string
  /** Of the webhook that events were sent to: its failure is void once an operator has changed it. */
  readonly version: number
  /** Whether the webhook is disabled, because of its failure. */
  readonly isGivenUp: boolean
}

/**
 * Keeps webhooks, beside the agents of a store. All methods throw as those of a store do. Where several nodes share
 * the store, one of them delivers each webhook: the one that has claimed it, for five seconds.
 */
export interface WebhookStore {
  /** Adds a webhook; resolves once it is durable. */
  create(webhook: Webhook): Promise<void>
  /** Returns all, oldest first. */
  list(): Promise<readonly Webhook[]>
  /** Changes a webhook, and ends its failure. Returns it, or undefined if there is none with this id. */
  change(id: string, change: WebhookChange): Promise<Webhook | undefined>
  /** Removes a webhook. Returns false if there is none with this id. */
  delete(id: string): Promise<boolean>
  /** Claims every enabled webhook that no other node has claimed, and returns all that the node has claimed. */
  claim(node: string): Promise<readonly Webhook[]>
  /** Saves the progress of webhooks; ignores those that the node has not claimed, or no longer. */
  save(node: string, progress: readonly SavedProgress[]): Promise<void>
  /** Ends the claims of a node that stops. */
  release(node: string): Promise<void>
}

/** A store that also keeps webhooks. */
export interface WebhookStoreProvider {
  /** Where its webhooks are. */
  readonly webhooks: WebhookStore
}

/** Returns where the webhooks of a store are; undefined: it keeps none. */
export function webhookStoreOf(store: object): WebhookStore | undefined {
  return 'webhooks' in store ? (store as WebhookStoreProvider).webhooks : undefined
}

/** Returns a webhook with progress that its node saves. */
export function withProgress(webhook: Webhook, saved: SavedProgress): Webhook {
  const { position, deliveredAtMs, failure, version, isGivenUp } = saved
  const isCurrent = version === webhook.version
  return {
    ...webhook,
    ...{ position, deliveredAtMs },
    failure: isCurrent ? failure : webhook.failure,
    isEnabled: webhook.isEnabled && !(isCurrent && isGivenUp),
  }
}
