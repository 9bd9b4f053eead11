import { LIMITS } from '@rollcall/protocol'
import { list } from '@rollcall/protocol/json-schema'
import { BODY_ERRORS } from './body-errors.ts'
import type { Operation } from './operation.ts'
import {
  CreatedWebhook,
  DeletedWebhook,
  Webhook,
  WebhookId,
  WebhookPatch,
  WebhookRequest,
  WebhookTest,
} from './webhook-schemas.ts'

const params = { webhook_id: WebhookId }
const shared = { tag: 'webhooks', scope: 'admin', shows: 'nothing' } as const
const OF_ONE = ['WEBHOOK_NOT_FOUND', 'VALIDATION_FAILED', 'WEBHOOKS_UNSUPPORTED'] as const
const CHANGE = ['STORAGE_UNAVAILABLE', 'OUTCOME_UNKNOWN'] as const

/** The operations by which operators decide where changes are sent. */
export const WEBHOOK_OPERATIONS = {
  createWebhook: {
    ...shared,
    method: 'POST',
    path: '/webhooks',
    summary: 'Create a webhook',
    description:
      'From now on, each change of the agents that the filter selects is sent to the URL, as a CloudEvent in JSON: in ' +
      'order, each at least once, signed as Standard Webhooks has it. The secret is in the response, and not shown again.',
    body: { schema: WebhookRequest, required: true, maxBytes: LIMITS.bodyBytes },
    response: CreatedWebhook,
    errors: [
      ...BODY_ERRORS,
      'VALIDATION_FAILED',
      'QUOTA_EXCEEDED',
      'WEBHOOKS_UNSUPPORTED',
      ...CHANGE,
    ],
  },
  listWebhooks: {
    ...shared,
    method: 'GET',
    path: '/webhooks',
    summary: 'List webhooks',
    description: 'Lists all webhooks, oldest first, without their secrets.',
    response: list(Webhook),
    errors: ['WEBHOOKS_UNSUPPORTED', 'STORAGE_UNAVAILABLE'],
  },
  getWebhook: {
    ...shared,
    method: 'GET',
    path: '/webhooks/{webhook_id}',
    summary: 'Read a webhook',
    params,
    response: Webhook,
    errors: [...OF_ONE, 'STORAGE_UNAVAILABLE'],
  },
  changeWebhook: {
    ...shared,
    method: 'PATCH',
    path: '/webhooks/{webhook_id}',
    summary: 'Change a webhook',
    description:
      'A change ends a failure: the next event is sent at once. A webhook that is enabled again goes on where it was; ' +
      'what the history no longer has is reported by a reset event.',
    params,
    body: { schema: WebhookPatch, required: true, maxBytes: LIMITS.bodyBytes },
    response: Webhook,
    errors: [...BODY_ERRORS, ...OF_ONE, ...CHANGE],
  },
  testWebhook: {
    ...shared,
    method: 'POST',
    path: '/webhooks/{webhook_id}/test',
    summary: 'Send an event to try a webhook',
    description:
      'Sends one event of the type `dev.rollcall.webhook.test`, once, also to a webhook that is disabled. The status of ' +
      'the response is 200 whatever the receiver makes of it.',
    params,
    response: WebhookTest,
    errors: [...OF_ONE, 'OVERLOADED', 'STORAGE_UNAVAILABLE'],
  },
  deleteWebhook: {
    ...shared,
    method: 'DELETE',
    path: '/webhooks/{webhook_id}',
    summary: 'Delete a webhook',
    description:
      'Deliveries end at once on this node, and within two seconds on the others. Idempotent.',
    params,
    response: DeletedWebhook,
    errors: ['VALIDATION_FAILED', 'WEBHOOKS_UNSUPPORTED', 'OVERLOADED', ...CHANGE],
  },
} as const satisfies Readonly<Record<string, Operation>>

/** Their names. */
export const WEBHOOK_OPERATION_IDS = Object.keys(
  WEBHOOK_OPERATIONS,
) as readonly (keyof typeof WEBHOOK_OPERATIONS)[]
