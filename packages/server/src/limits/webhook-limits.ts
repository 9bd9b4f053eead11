import type { Limit } from './limit.ts'

/** Webhooks and their deliveries. */
export const WEBHOOK_LIMITS = {
  webhooks: {
    what: 'Webhooks, disabled ones included',
    value: 100,
    unit: '',
    setting: 'max-webhooks',
    beyond: '429 `QUOTA_EXCEEDED` for a new one; approximate on several nodes',
  },
  webhookSeconds: {
    what: 'Time in which the receiver of a webhook must respond',
    value: 10,
    unit: 'seconds',
    setting: 'webhook-timeout',
    beyond: 'the attempt has failed, and is repeated',
  },
  webhookRetrySeconds: {
    what: 'Time for which an event is sent again to a webhook that does not accept it',
    value: 86_400,
    unit: 'seconds',
    setting: 'webhook-retry-for',
    beyond: 'the webhook is disabled, with its last error',
  },
  webhookPause: {
    what: 'Pause between two attempts, unless `Retry-After` asks for more; the first is about a second',
    value: 300,
    unit: 'seconds',
    beyond: 'it grows no further',
  },
  webhookPageEvents: {
    what: 'Events that wait in memory for one webhook',
    value: 20,
    unit: '',
    beyond: 'they are read from the history when they are due',
  },
  webhookRecentEvents: {
    what: 'Changes in memory for all webhooks together',
    value: 500,
    unit: '',
    beyond: 'a webhook that is further behind reads the history',
  },
  webhookReads: {
    what: 'Reads of the history for webhooks at once',
    value: 4,
    unit: '',
    beyond: 'they wait',
  },
  webhookResponseBytes: {
    what: 'Body of the response of a receiver, which is not used',
    value: 16 * 1024,
    unit: 'bytes',
    beyond: 'the connection is closed; the status counts',
  },
} as const satisfies Record<string, Limit>
