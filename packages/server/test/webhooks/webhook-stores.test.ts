// Webhooks of every store: durable, in order, claimed by one node, with progress that only that node saves.
import {
  type AgentRegistryRepository,
  copyRegistry,
  createStorageBackend,
  type SavedProgress,
  type WebhookStore,
  webhookStoreOf,
} from '@rollcall/server'
import { describe, expect, test } from 'vitest'
import { queryOnce } from '../../../../test/postgres/support/postgres-client.ts'
import { freshStore } from '../../../../test/stores/fresh-store.ts'
import { newWebhook, type Webhook } from '../../src/webhooks/webhook.ts'
import { storeWithoutTokens } from '../access/support/store-without-tokens.ts'

const DEFINITION = {
  url: 'https://hooks.example',
  filter: { agent_id: ['team-a:*'], include_dead: true },
  secret: `whsec_${'A'.repeat(32)}`,
  isEnabled: true,
}

function webhook(atMs: number, more: Partial<Webhook> = {}): Webhook {
  return { ...newWebhook(DEFINITION, { position: 'b:1', atMs, by: 'alice' }), ...more }
}

function webhooksOf(store: AgentRegistryRepository): WebhookStore {
  const webhooks = webhookStoreOf(store)
  if (webhooks === undefined) throw new Error('the store keeps no webhooks')
  return webhooks
}

function progress({ id, version }: Webhook, more: Partial<SavedProgress> = {}): SavedProgress {
  const moved = { position: 'b:7', deliveredAtMs: 1234, failure: null, isGivenUp: false }
  return { id, version, ...moved, ...more }
}

const FAILURE = { sinceMs: 5000, error: 'status 500' }

describe.each(['memory', 'sqlite', 'postgres'] as const)('%s', (name) => {
  async function withWebhooks(work: (webhooks: WebhookStore) => Promise<void>) {
    if (name === 'memory') {
      await using store = await createStorageBackend('memory:')
      return await work(webhooksOf(store))
    }
    await using fresh = await freshStore(name)
    await using store = await createStorageBackend(fresh.url)
    await work(webhooksOf(store))
  }

  test('webhooks are listed in the order of their creation, as they were created', () =>
    withWebhooks(async (webhooks) => {
      expect(await webhooks.list()).toEqual([])
      const created = [webhook(1), webhook(2, { failure: FAILURE }), webhook(3)]
      for (const each of created) await webhooks.create(each)
      expect(await webhooks.list()).toEqual(created)
    }))

  test('a change replaces what it names, ends a failure, and has a new version', () =>
    withWebhooks(async (webhooks) => {
      const created = webhook(1, { failure: FAILURE })
      await webhooks.create(created)
      const url = 'https://other.example'
      const changed = { ...created, url, version: 2, failure: null }
      expect(await webhooks.change(created.id, { url })).toEqual(changed)
      const rest = { filter: {}, secret: `whsec_${'B'.repeat(32)}`, isEnabled: false }
      expect(await webhooks.change(created.id, rest)).toEqual({ ...changed, ...rest, version: 3 })
      expect(await webhooks.list()).toEqual([{ ...changed, ...rest, version: 3 }])
      expect(await webhooks.change('000000000000', { url })).toBeUndefined()
    }))

  test('a deleted webhook is no longer there', () =>
    withWebhooks(async (webhooks) => {
      const [kept, deleted] = [webhook(1), webhook(2)]
      for (const each of [kept, deleted]) await webhooks.create(each)
      expect(await webhooks.delete(deleted.id)).toBe(true)
      expect(await webhooks.delete(deleted.id)).toBe(false)
      expect(await webhooks.list()).toEqual([kept])
    }))

  test('only enabled webhooks are claimed, with their progress', () =>
    withWebhooks(async (webhooks) => {
      const [enabled, disabled] = [webhook(1), webhook(2, { isEnabled: false })]
      for (const each of [enabled, disabled]) await webhooks.create(each)
      expect(await webhooks.claim('one')).toEqual([enabled])
      await webhooks.save('one', [progress(enabled, { failure: FAILURE })])
      const moved = { position: 'b:7', deliveredAtMs: 1234, failure: FAILURE }
      expect(await webhooks.claim('one')).toEqual([{ ...enabled, ...moved }])
    }))

  test('a webhook that is given up is disabled, and keeps its failure', () =>
    withWebhooks(async (webhooks) => {
      const created = webhook(1)
      await webhooks.create(created)
      await webhooks.claim('one')
      await webhooks.save('one', [progress(created, { failure: FAILURE, isGivenUp: true })])
      expect(await webhooks.claim('one')).toEqual([])
      expect(await webhooks.list()).toMatchObject([{ isEnabled: false, failure: FAILURE }])
    }))

  test('a failure from before a change of an operator is void, the position is not', () =>
    withWebhooks(async (webhooks) => {
      const created = webhook(1)
      await webhooks.create(created)
      await webhooks.claim('one')
      await webhooks.change(created.id, { url: 'https://other.example' })
      await webhooks.save('one', [progress(created, { failure: FAILURE, isGivenUp: true })])
      expect(await webhooks.list()).toMatchObject([
        { isEnabled: true, failure: null, position: 'b:7', version: 2 },
      ])
    }))

  test('progress of a webhook that was deleted meanwhile is ignored', () =>
    withWebhooks(async (webhooks) => {
      const created = webhook(1)
      await webhooks.create(created)
      await webhooks.claim('one')
      await webhooks.delete(created.id)
      await webhooks.save('one', [progress(created)])
      expect(await webhooks.list()).toEqual([])
    }))
})

test.each(['sqlite', 'postgres'] as const)('webhooks survive a restart on %s', async (name) => {
  await using fresh = await freshStore(name)
  const created = webhook(1)
  {
    await using store = await createStorageBackend(fresh.url)
    const webhooks = webhooksOf(store)
    await webhooks.create(created)
    await webhooks.claim('one')
    await webhooks.save('one', [progress(created, { failure: FAILURE })])
    await webhooks.change(created.id, { filter: {} })
    // Of the webhook before the change.
    await webhooks.save('one', [progress(created, { failure: FAILURE, isGivenUp: true })])
  }
  await using store = await createStorageBackend(fresh.url)
  expect(await webhooksOf(store).list()).toEqual([
    { ...created, filter: {}, position: 'b:7', deliveredAtMs: 1234, version: 2 },
  ])
})

test('webhooks move to PostgreSQL with their registry, with secrets and positions', async () => {
  await using file = await freshStore('sqlite')
  await using database = await freshStore('postgres')
  const created = webhook(1, { failure: FAILURE })
  {
    await using store = await createStorageBackend(file.url)
    await webhooksOf(store).create(created)
  }
  await copyRegistry({ from: file.url, to: database.url })
  await using store = await createStorageBackend(database.url)
  expect(await webhooksOf(store).list()).toEqual([created])
})

test('a store of users need not keep webhooks', async () => {
  await using store = await storeWithoutTokens()
  expect(webhookStoreOf(store)).toBeUndefined()
})

describe('two nodes on PostgreSQL', () => {
  async function claimed() {
    const fresh = await freshStore('postgres')
    const store = await createStorageBackend(fresh.url)
    const webhooks = webhooksOf(store)
    const created = webhook(1)
    await webhooks.create(created)
    expect(await webhooks.claim('one')).toHaveLength(1)
    return {
      ...{ webhooks, created },
      /** As if the node had not claimed for longer than claims last. */
      lapse: () => queryOnce(fresh.url, 'UPDATE rollcall.webhooks SET claimed_until = 1'),
      [Symbol.asyncDispose]: async () => {
        await store.close()
        await fresh[Symbol.asyncDispose]()
      },
    }
  }

  test('one cannot claim what the other has claimed', async () => {
    await using shared = await claimed()
    expect(await shared.webhooks.claim('two')).toEqual([])
    expect(await shared.webhooks.claim('one')).toHaveLength(1)
  })

  test('one claims what the other has released, or not claimed again in time', async () => {
    await using shared = await claimed()
    await shared.webhooks.release('one')
    expect(await shared.webhooks.claim('two')).toHaveLength(1)
    await shared.lapse()
    expect(await shared.webhooks.claim('one')).toHaveLength(1)
    expect(await shared.webhooks.claim('two')).toEqual([])
  })

  test('one cannot save what it has not claimed, or no longer', async () => {
    await using shared = await claimed()
    const { webhooks, created } = shared
    const positions = async () => (await webhooks.list()).map(({ position }) => position)
    await webhooks.save('two', [progress(created)])
    expect(await positions()).toEqual(['b:1'])
    await shared.lapse()
    await webhooks.save('one', [progress(created)])
    expect(await positions()).toEqual(['b:1'])
    await webhooks.claim('two')
    await webhooks.save('one', [progress(created)])
    expect(await positions()).toEqual(['b:1'])
    await webhooks.save('two', [progress(created)])
    expect(await positions()).toEqual(['b:7'])
  })

  test('both can claim at the same time, again and again', async () => {
    await using shared = await claimed()
    const { webhooks } = shared
    for (let count = 0; count < 20; count++) await webhooks.create(webhook(count + 2))
    await webhooks.release('one')
    for (let round = 0; round < 10; round++) {
      const [one, two] = await Promise.all([webhooks.claim('one'), webhooks.claim('two')])
      const ids = [...one, ...two].map(({ id }) => id)
      expect(new Set(ids).size).toBe(ids.length)
    }
    const all = [...(await webhooks.claim('one')), ...(await webhooks.claim('two'))]
    expect(all).toHaveLength(21)
  })
})
