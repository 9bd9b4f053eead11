import { Deliveries } from './deliveries.ts'
import type { DeliveryOptions } from './delivery-options.ts'
import { Receivers } from './receiver.ts'
import type { WebhookLoopParts } from './webhook-loop.ts'

/** Creates what sends events to webhooks. */
export function openEngine(parts: DeliveryOptions & Omit<WebhookLoopParts, 'receivers'>): {
  receivers: Receivers
  deliveries: Deliveries
} {
  const receivers = new Receivers(parts)
  return { receivers, deliveries: new Deliveries({ ...parts, receivers }) }
}
