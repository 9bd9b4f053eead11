// Two nodes on one database: one of them delivers a webhook, and the other takes over when it dies, stops or freezes.
import type { WireWebhook } from '@rollcall/server'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { RegistryProcess } from '../e2e/support/registry-process.ts'
import { queryOnce } from '../postgres/support/postgres-client.ts'
import { type FreshStore, freshStore } from '../stores/fresh-store.ts'
import { expectInOrder } from './support/order.ts'
import { WebhookReceiver } from './support/webhook-receiver.ts'
import { sendJson, WebhookCalls } from './support/webhook-registry.ts'

let stack: AsyncDisposableStack
let store: FreshStore
/** The node that delivers: it is alone when the webhooks are created. */
let first: RegistryProcess
let second: RegistryProcess
let hooks: WebhookReceiver
let others: WebhookReceiver
beforeEach(async () => {
  stack = new AsyncDisposableStack()
  store = stack.use(await freshStore('postgres'))
  hooks = stack.use(await WebhookReceiver.start())
  others = stack.use(await WebhookReceiver.start())
  first = await startNode()
  const calls = new WebhookCalls(first.url)
  await calls.create({ url: hooks.url })
  await calls.create({ url: others.url })
  await calls.register('before')
  await expect.poll(() => hooks.deliveries.length).toBe(1)
  second = await startNode()
})
afterEach(() => stack.disposeAsync())

async function startNode(): Promise<RegistryProcess> {
  const args = ['--webhook-networks', '127.0.0.1']
  return stack.use(await RegistryProcess.start({ cwd: store.folder, db: store.url, args }))
}

const idsOf = (receiver: WebhookReceiver) => receiver.deliveries.map(({ id }) => id)

test('while both run, each event arrives once, on whichever node it happens', async () => {
  const nodes = [new WebhookCalls(first.url), new WebhookCalls(second.url)]
  for (let index = 0; index < 40; index++) await nodes[index % 2]?.register(`a${index}`)
  await expect.poll(() => hooks.distinctIds.length).toBe(41)
  await expect.poll(() => others.distinctIds.length).toBe(41)
  expect([expectInOrder(idsOf(hooks), 41), expectInOrder(idsOf(others), 41)]).toEqual([0, 0])
})

test('the other node goes on when the one that delivers is killed', async () => {
  hooks.respond = (response) => setTimeout(() => response.end(), 20)
  const calls = new WebhookCalls(second.url)
  await calls.registerMany(100)
  await expect.poll(() => hooks.distinctIds.length).toBeGreaterThan(30)
  first.signal('SIGKILL')
  await first.exit
  expect(hooks.distinctIds.length).toBeLessThan(101)
  await calls.registerMany(20, 'b')
  await expect.poll(() => hooks.distinctIds.length).toBe(121)
  await expect.poll(() => others.distinctIds.length).toBe(121)
  expectInOrder(idsOf(hooks), 121)
  expectInOrder(idsOf(others), 121)
})

test('the other node goes on at once when the one that delivers stops in order', async () => {
  const claimants = async () => {
    const sql = 'SELECT DISTINCT claimed_by FROM rollcall.webhooks'
    return (await queryOnce<{ claimed_by: string }>(store.url, sql)).map((row) => row.claimed_by)
  }
  const [claimant] = await claimants()
  expect(claimant).toEqual(expect.any(String))
  first.signal('SIGTERM')
  expect(await first.exit).toEqual({ code: 0, signal: null })
  // Or else it would take five seconds.
  expect(await claimants()).not.toContain(claimant)
  await new WebhookCalls(second.url).registerMany(5)
  await expect.poll(() => hooks.distinctIds.length).toBe(6)
  expect(expectInOrder(idsOf(hooks), 6)).toBeLessThanOrEqual(1)
})

test('a node that was frozen, and comes back after the other has taken over, delivers nothing more', async () => {
  first.signal('SIGSTOP')
  const calls = new WebhookCalls(second.url)
  await calls.registerMany(10)
  await expect.poll(() => hooks.distinctIds.length).toBe(11)
  first.signal('SIGCONT')
  // It hears of what has happened meanwhile, as each of its readers does.
  await expect
    .poll(async () => (await sendJson<unknown[]>(`${first.url}/events?limit=1000`)).json.length)
    .toBe(11)
  await calls.registerMany(10, 'b')
  await expect.poll(() => hooks.distinctIds.length).toBe(21)
  expect(expectInOrder(idsOf(hooks), 21)).toBeLessThanOrEqual(1)
})

test('a change on one node reaches the one that delivers', async () => {
  const calls = new WebhookCalls(second.url)
  const { json: listed } = await sendJson<WireWebhook[]>(`${second.url}/webhooks`)
  const { id = '' } = listed.find(({ url }) => url === hooks.url) ?? {}
  await calls.change(id, { enabled: false })
  const seenByFirst = () => new WebhookCalls(first.url).get(id)
  await expect.poll(seenByFirst).toMatchObject({ state: 'disabled' })
  await calls.change(id, { filter: { agent_id: ['wanted'] }, enabled: true })
  await calls.register('unwanted')
  await calls.register('wanted')
  await expect.poll(() => hooks.distinctIds.at(-1)).toMatch(/:3$/)
  await expect.poll(() => others.distinctIds.length).toBe(3)
  expect(idsOf(hooks).filter((each) => each.endsWith(':2')).length).toBeLessThanOrEqual(1)
})
