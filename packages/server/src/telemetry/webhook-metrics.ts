import { Counter, Gauge, type Registry } from 'prom-client'
import { exposeMetrics } from './exposed-metrics.ts'
import type { DeliveryCounts } from './webhook-log.ts'

/** The webhooks that this node delivers. */
export interface WebhookStats extends DeliveryCounts {
  readonly webhooks: number
  readonly failing: number
  readonly lag: number
}

/** Exposes the deliveries of webhooks by this node. */
export function watchWebhooks(registry: Registry, stats: () => WebhookStats): void {
  exposeMetrics(registry, Gauge, [
    ['rollcall_webhooks', 'Webhooks that this node delivers.', () => stats().webhooks],
    [
      'rollcall_webhooks_failing',
      'Webhooks among them whose next event is not accepted.',
      () => stats().failing,
    ],
    [
      'rollcall_webhook_lag_events',
      'Changes of the registry that the webhook furthest behind has not come to yet.',
      () => stats().lag,
    ],
  ])
  exposeMetrics(registry, Counter, [
    [
      'rollcall_webhook_deliveries_total',
      'Events that webhooks have accepted from this node.',
      () => stats().accepted,
    ],
    [
      'rollcall_webhook_failures_total',
      'Attempts of this node to deliver an event that failed.',
      () => stats().failed,
    ],
  ])
}
