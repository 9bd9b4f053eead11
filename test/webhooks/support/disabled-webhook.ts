import type { Webhook } from '@rollcall/server'

/** A webhook to be put into a store. Its name is not resolved, so nothing is sent. */
export function disabledWebhook(id: string): Webhook {
  return {
    id,
    url: 'https://hooks.invalid',
    filter: {},
    secret: `whsec_${'A'.repeat(32)}`,
    isEnabled: false,
    version: 1,
    position: 'a:0',
    deliveredAtMs: null,
    failure: null,
    createdAtMs: 1,
    createdBy: 'alice',
  }
}
