import type {
  WebhookFilter,
  WebhookState,
  Webhook as WireWebhook,
} from '../../operations/webhook-schemas.ts'
import type { Webhook } from '../../webhooks/webhook.ts'
import { isoTime } from '../agents/iso-time.ts'

/** Converts a webhook to the names of the wire. Its secret stays in the registry. */
export function toWireWebhook(webhook: Webhook): WireWebhook {
  const { id, url, filter, isEnabled, failure, deliveredAtMs, position } = webhook
  return {
    ...{ id, url, filter: filter as WebhookFilter, enabled: isEnabled, state: stateOf(webhook) },
    failing_since: failure === null ? null : isoTime(failure.sinceMs),
    last_error: failure === null ? null : failure.error,
    last_delivery_at: deliveredAtMs === null ? null : isoTime(deliveredAtMs),
    position,
    created_at: isoTime(webhook.createdAtMs),
    created_by: webhook.createdBy,
  }
}

function stateOf({ isEnabled, failure }: Webhook): WebhookState {
  if (!isEnabled) return 'disabled'
  return failure === null ? 'active' : 'failing'
}
