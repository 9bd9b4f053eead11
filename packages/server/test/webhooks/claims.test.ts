// A node that can no longer claim its webhooks: it stops when the claims end, whatever is on its way.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { WebhookReceiver } from '../../../../test/webhooks/support/webhook-receiver.ts'
import { systemClock } from '../../src/domain/clock.ts'
import { MemoryWebhookStore } from '../../src/storage/memory/webhook-store.ts'
import { AddressGuard } from '../../src/webhooks/address-guard.ts'
import { newWebhook } from '../../src/webhooks/webhook.ts'
import type { WebhookFeed } from '../../src/webhooks/webhook-feed.ts'
import { Webhooks } from '../../src/webhooks/webhooks.ts'

/** A store that works until the network between it and this node is cut. */
class CutStore extends MemoryWebhookStore {
  isCut = false

  override async claim(node: string) {
    this.#requireReachable()
    return super.claim(node)
  }

  override async save(...saved: Parameters<MemoryWebhookStore['save']>) {
    this.#requireReachable()
    return super.save(...saved)
  }

  #requireReachable(): void {
    if (this.isCut) throw new Error('the database is away')
  }
}

/** A history without end. */
const FEED: WebhookFeed = {
  newest: Number.MAX_SAFE_INTEGER,
  read: async ({ since }) => {
    const revision = Number(since.split(':')[1]) + 1
    const [id, position] = [`b:${revision}`, `b:${revision}`]
    return { events: [{ id, position, json: () => '{}' }], position, revision }
  },
  changed: () => Promise.resolve(),
  reset: () => Promise.reject(new Error('unused')),
  test: () => Promise.reject(new Error('unused')),
  close: () => undefined,
}

let stack: AsyncDisposableStack
beforeEach(() => {
  stack = new AsyncDisposableStack()
})
afterEach(() => stack.disposeAsync())

async function delivering(hooks: WebhookReceiver, options: { isShared: boolean }) {
  const store = new CutStore()
  const webhooks = new Webhooks({
    ...{ store, isShared: options.isShared, clock: systemClock },
    openFeed: async () => FEED,
    guard: new AddressGuard(['127.0.0.1']),
    timeoutMs: 300_000,
    retryForMs: 300_000,
    userAgent: 'Rollcall/test',
    reporter: {
      accepted: () => undefined,
      failed: () => undefined,
      failing: () => undefined,
      recovered: () => undefined,
      gaveUp: () => undefined,
    },
  })
  stack.defer(() => webhooks.close())
  const definition = { url: hooks.url, filter: {}, isEnabled: true }
  const secret = `whsec_${'A'.repeat(32)}`
  const created = { position: 'b:0', atMs: 1, by: 'alice' }
  await webhooks.open()
  await webhooks.create(newWebhook({ ...definition, secret }, created))
  return { store, webhooks }
}

test('it sends nothing more once its claims have ended, and goes on when it can claim again', async () => {
  const hooks = stack.use(
    await WebhookReceiver.start((response) => setTimeout(() => response.end(), 20)),
  )
  const { store, webhooks } = await delivering(hooks, { isShared: true })
  await expect.poll(() => hooks.deliveries.length).toBeGreaterThan(2)
  store.isCut = true
  await expect.poll(() => webhooks.stats.webhooks).toBe(0)
  const sent = hooks.deliveries.length
  store.isCut = false
  await expect.poll(() => webhooks.stats.webhooks).toBe(1)
  await expect.poll(() => hooks.deliveries.length).toBeGreaterThan(sent)
})

test('it abandons the request that is on its way when its claims end', async () => {
  const closed = { count: 0 }
  const hooks = stack.use(
    await WebhookReceiver.start((response) => response.on('close', () => closed.count++)),
  )
  const { store, webhooks } = await delivering(hooks, { isShared: true })
  await expect.poll(() => hooks.deliveries.length).toBe(1)
  store.isCut = true
  await expect.poll(() => webhooks.stats.webhooks).toBe(0)
  await expect.poll(() => closed.count).toBe(1)
  expect(hooks.deliveries).toHaveLength(1)
})

test('the only node there is goes on without its store', async () => {
  const hooks = stack.use(
    await WebhookReceiver.start((response) => setTimeout(() => response.end(), 20)),
  )
  const { store, webhooks } = await delivering(hooks, { isShared: false })
  store.isCut = true
  // Longer than claims last.
  await expect.poll(() => hooks.deliveries.length).toBeGreaterThan(350)
  expect(webhooks.stats.webhooks).toBe(1)
})
