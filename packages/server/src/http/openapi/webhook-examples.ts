import type { CreatedWebhook, Webhook } from '../../operations/webhook-schemas.ts'

export const EXAMPLE_WEBHOOK_ID = '8d20b45e91f3'
export const EXAMPLE_RECEIVER = 'https://hooks.example/rollcall'

const WEBHOOK: Webhook = {
  id: EXAMPLE_WEBHOOK_ID,
  url: EXAMPLE_RECEIVER,
  filter: { capability: ['search'] },
  enabled: true,
  state: 'active',
  failing_since: null,
  last_error: null,
  last_delivery_at: null,
  position: 'kSxYb1Qz:2',
  created_at: '2026-11-21T09:30:00.000Z',
  created_by: 'alice',
}

const CREATED: CreatedWebhook = {
  ...WEBHOOK,
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwq0dBPt0mZ3s=',
}

/** The examples of the operations on webhooks. */
export const WEBHOOK_EXAMPLES = {
  createWebhook: {
    request: {
      filtered: {
        summary: 'For some agents',
        value: { url: WEBHOOK.url, filter: WEBHOOK.filter },
      },
      all: { summary: 'For all agents', value: { url: WEBHOOK.url } },
    },
    response: CREATED,
  },
  listWebhooks: { response: [WEBHOOK] },
  getWebhook: { response: WEBHOOK },
  changeWebhook: {
    request: { disable: { summary: 'Send no more events', value: { enabled: false } } },
    response: { ...WEBHOOK, enabled: false, state: 'disabled' },
  },
  deleteWebhook: { response: { id: EXAMPLE_WEBHOOK_ID, deleted: true } },
  testWebhook: {
    response: { id: EXAMPLE_WEBHOOK_ID, accepted: false, status: 500, error: 'status 500' },
  },
} as const
