import { boolean, integer, text } from '@rollcall/protocol/json-schema'
import { WEBHOOK_LIMITS } from '../limits/webhook-limits.ts'
import { NONE } from './host-lists.ts'

/** Where changes may be sent, and for how long. */
export const WEBHOOK_SETTINGS = {
  noWebhooks: boolean({
    default: false,
    description: 'Send no changes to other services: no /webhooks',
  }),
  webhookNetworks: text({
    minLength: 1,
    format: 'networks',
    default: NONE,
    description:
      'Networks to which webhooks may send besides the public internet: 10.1.0.0/16,127.0.0.1',
  }),
  webhookTimeout: integer({
    minimum: 1,
    maximum: 300,
    default: WEBHOOK_LIMITS.webhookSeconds.value,
    description: 'Seconds in which the receiver of a webhook must respond',
  }),
  webhookRetryFor: integer({
    minimum: 1,
    maximum: 30 * 86_400,
    default: WEBHOOK_LIMITS.webhookRetrySeconds.value,
    description: 'Seconds for which an event is sent again before its webhook is disabled',
  }),
  maxWebhooks: integer({
    minimum: 1,
    maximum: 10_000,
    default: WEBHOOK_LIMITS.webhooks.value,
    description: 'Maximum number of webhooks, disabled ones included',
  }),
}
