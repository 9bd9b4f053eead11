// The database of a running node is replaced by an earlier copy of it.
import { expect, test } from 'vitest'
import { copyTables, restoreTables } from '../history-forks/support/table-copy.ts'
import { databasePerTest } from '../postgres/support/database-per-test.ts'
import { WebhookReceiver } from './support/webhook-receiver.ts'
import { WebhookRegistry } from './support/webhook-registry.ts'

const database = databasePerTest()

test('receivers learn of a restore even if nothing changes after it, and then get what does', async () => {
  await using registry = await WebhookRegistry.start({}, database.url)
  await using hooks = await WebhookReceiver.start()
  const events = () =>
    hooks.deliveries.map(({ body }) => {
      const { type, subject } = JSON.parse(body)
      return subject === undefined ? type : subject
    })
  await registry.create({ url: hooks.url })
  await registry.register('a')
  await expect.poll(events).toEqual(['a'])
  await copyTables(database.url)
  await registry.register('lost')
  await expect.poll(events).toEqual(['a', 'lost'])

  await restoreTables(database.url)
  await expect.poll(events).toEqual(['a', 'lost', expect.stringContaining('reset')])
  await registry.register('b')
  await expect.poll(events).toEqual(['a', 'lost', expect.stringContaining('reset'), 'b'])
})
