// The webhooks of one node, as rounds hand them over: what is no longer claimed stops, what was changed goes on.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { WebhookReceiver } from '../../../../test/webhooks/support/webhook-receiver.ts'
import { AddressGuard } from '../../src/webhooks/address-guard.ts'
import type { Deliveries } from '../../src/webhooks/delivery/deliveries.ts'
import { openEngine } from '../../src/webhooks/delivery/open-engine.ts'
import { newWebhook, type Webhook } from '../../src/webhooks/webhook.ts'
import type { WebhookFeed } from '../../src/webhooks/webhook-feed.ts'
import type { SavedProgress } from '../../src/webhooks/webhook-store.ts'

/** A history of one event, at revision 1. */
const FEED: WebhookFeed = {
  newest: 1,
  read: async ({ since }) => {
    const event = { id: 'b:1', position: 'b:1', json: () => '{}' }
    return { events: since === 'b:0' ? [event] : [], position: 'b:1', revision: 1 }
  },
  changed: (_revision, signal) =>
    new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
  reset: () => Promise.reject(new Error('unused')),
  test: () => Promise.reject(new Error('unused')),
  close: () => undefined,
}

let stack: AsyncDisposableStack
let hooks: WebhookReceiver
let deliveries: Deliveries
let webhook: Webhook
let nowMs: number
beforeEach(async () => {
  stack = new AsyncDisposableStack()
  nowMs = 1000
  hooks = stack.use(await WebhookReceiver.start())
  const engine = openEngine({
    feed: FEED,
    clock: { wallMs: () => nowMs },
    guard: new AddressGuard(['127.0.0.1']),
    timeoutMs: 30_000,
    retryForMs: 60_000,
    userAgent: 'Rollcall/test',
    saveSoon: () => undefined,
    reporter: {
      accepted: () => undefined,
      failed: () => undefined,
      failing: () => undefined,
      recovered: () => undefined,
      gaveUp: () => undefined,
    },
  })
  deliveries = engine.deliveries
  stack.defer(async () => {
    await deliveries.stop()
    engine.receivers.close()
  })
  const definition = {
    ...{ url: hooks.url, filter: {}, isEnabled: true },
    secret: `whsec_${'A'.repeat(32)}`,
  }
  webhook = newWebhook(definition, { position: 'b:0', atMs: 1, by: 'alice' })
})
afterEach(() => stack.disposeAsync())

/** Saves what is to be saved, and returns it. */
async function saved(): Promise<readonly SavedProgress[]> {
  const all: SavedProgress[] = []
  await deliveries.save(async (progress) => void all.push(...progress))
  return all
}

test('progress is saved once, and again only if that has failed', async () => {
  await deliveries.deliver([webhook])
  await expect.poll(() => hooks.deliveries.length).toBe(1)
  await deliveries.stop()
  const failing = deliveries.save(() => Promise.reject(new Error('the database is away')))
  await expect(failing).rejects.toThrow('away')
  expect(await saved()).toMatchObject([{ id: webhook.id, position: 'b:1', failure: null }])
  expect(await saved()).toEqual([])
})

test('a webhook that has given up goes on if it was changed before that could be saved', async () => {
  hooks.respond = (response) => response.writeHead(410).end()
  await deliveries.deliver([webhook])
  await expect.poll(saved).toMatchObject([{ isGivenUp: true, failure: { error: 'status 410' } }])
  hooks.respond = (response) => response.end()
  await deliveries.deliver([webhook])
  expect(hooks.deliveries).toHaveLength(1)
  await deliveries.deliver([{ ...webhook, version: 2 }])
  await expect.poll(() => hooks.deliveries.length).toBe(2)
})

test('a webhook that is no longer claimed stops, and nothing of it is saved', async () => {
  hooks.respond = (response) => response.writeHead(500).end()
  await deliveries.deliver([webhook])
  await expect.poll(() => hooks.deliveries.length).toBe(1)
  await deliveries.deliver([])
  expect(await saved()).toEqual([])
  expect(deliveries.stats).toEqual({ webhooks: 0, failing: 0, lag: 0 })
})

test('nothing is saved of what was forgotten: another node may have gone on', async () => {
  await deliveries.deliver([webhook])
  await expect.poll(() => hooks.deliveries.length).toBe(1)
  await deliveries.forget()
  expect(await saved()).toEqual([])
})

test('a change begins the time anew for which an event is sent again', async () => {
  hooks.respond = (response) => response.writeHead(500).end()
  await deliveries.deliver([webhook])
  await expect.poll(saved).toMatchObject([{ version: 1, failure: { sinceMs: 1000 } }])
  nowMs = 2000
  await deliveries.deliver([{ ...webhook, version: 2 }])
  await expect.poll(saved).toMatchObject([{ version: 2, failure: { sinceMs: 2000 } }])
})
