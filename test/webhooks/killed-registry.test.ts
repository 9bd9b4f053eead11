// A registry on a SQLite file is killed while it delivers: the next one goes on from the file.
import { expect, test } from 'vitest'
import { RegistryProcess } from '../e2e/support/registry-process.ts'
import { freshStore } from '../stores/fresh-store.ts'
import { expectInOrder } from './support/order.ts'
import { verified, WebhookReceiver } from './support/webhook-receiver.ts'
import { WebhookCalls } from './support/webhook-registry.ts'

/** Milliseconds that the receiver takes, so that the registry is killed in the middle. */
const DELAY_MS = 20
const ARGS = ['--webhook-networks', '127.0.0.1']

test('a registry that is killed in the middle goes on: each event at least once, in order, with the same id', async () => {
  await using store = await freshStore('sqlite')
  await using slow = await WebhookReceiver.start((response) =>
    setTimeout(() => response.end(), DELAY_MS),
  )
  await using fast = await WebhookReceiver.start()
  const start = () => RegistryProcess.start({ cwd: store.folder, db: store.url, args: ARGS })
  let secret: string
  let savedTo: number
  {
    await using registry = await start()
    const calls = new WebhookCalls(registry.url)
    const created = await calls.create({ url: slow.url })
    secret = created.secret
    await calls.create({ url: fast.url })
    await calls.registerMany(150)
    const saved = async () => Number((await calls.get(created.id)).position.split(':').at(-1))
    await expect.poll(saved).toBeGreaterThan(20)
    savedTo = await saved()
    registry.signal('SIGKILL')
    await registry.exit
  }
  const arrived = slow.deliveries.length
  expect(arrived).toBeLessThan(150)
  {
    await using registry = await start()
    const calls = new WebhookCalls(registry.url)
    await calls.registerMany(50, 'b')
    await expect.poll(() => slow.distinctIds.length).toBe(200)
    await expect.poll(() => fast.distinctIds.length).toBe(200)
  }
  const repeated = expectInOrder(
    slow.deliveries.map(({ id }) => id),
    200,
  )
  expect(repeated).toBeLessThanOrEqual(arrived - savedTo)
  for (const delivery of slow.deliveries) expect(() => verified(delivery, secret)).not.toThrow()
  const bodies = new Map(slow.deliveries.map(({ id, body }) => [id, body]))
  for (const { id, body } of slow.deliveries) expect(body).toBe(bodies.get(id))
})

test('a registry that is stopped in order repeats at most the event that was on its way', async () => {
  await using store = await freshStore('sqlite')
  await using hooks = await WebhookReceiver.start()
  const start = () => RegistryProcess.start({ cwd: store.folder, db: store.url, args: ARGS })
  for (const run of ['a', 'b', 'c']) {
    await using registry = await start()
    const calls = new WebhookCalls(registry.url)
    if (run === 'a') await calls.create({ url: hooks.url })
    await calls.registerMany(20, run)
    registry.signal('SIGTERM')
    expect(await registry.exit).toEqual({ code: 0, signal: null })
  }
  await using registry = await start()
  await new WebhookCalls(registry.url).register('last')
  await expect.poll(() => hooks.distinctIds.length).toBe(61)
  const ids = hooks.deliveries.map(({ id }) => id)
  expect(expectInOrder(ids, 61)).toBeLessThanOrEqual(3)
})
