import type { FastifyBaseLogger } from 'fastify'
import type { DeliveryReporter } from '../webhooks/delivery/webhook-loop.ts'
import type { Webhook } from '../webhooks/webhook.ts'

/** Deliveries since the start of this node. */
export interface DeliveryCounts {
  /** Events that were accepted. */
  accepted: number
  /** Attempts that failed. */
  failed: number
}

/** Logs when a webhook begins to fail, and when that ends; counts the rest. */
export function webhookLog(logger: FastifyBaseLogger, counts: DeliveryCounts): DeliveryReporter {
  // Of the URL only the origin: its path may be a secret.
  const named = ({ id, url }: Webhook) => ({ webhook: id, origin: new URL(url).origin })
  return {
    accepted: () => void counts.accepted++,
    failed: () => void counts.failed++,
    failing: (webhook, reason) =>
      logger.warn({ ...named(webhook), reason }, 'a webhook does not accept events'),
    recovered: (webhook) => logger.info(named(webhook), 'a webhook accepts events again'),
    gaveUp: (webhook, reason) =>
      logger.error(
        { ...named(webhook), reason },
        'disabled a webhook, which did not accept events: enable it with rollcall webhook enable',
      ),
  }
}
