// Webhooks on the command line.
import type { WireWebhook } from '@rollcall/server'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { verified, WebhookReceiver } from '../webhooks/support/webhook-receiver.ts'
import { CliSession } from './support/cli-session.ts'

let cli: CliSession
let hooks: WebhookReceiver
beforeAll(async () => {
  cli = await CliSession.start({ args: ['--webhook-networks', '127.0.0.1', '--max-webhooks', '2'] })
  hooks = await WebhookReceiver.start()
})
afterAll(async () => {
  await hooks[Symbol.asyncDispose]()
  await cli[Symbol.asyncDispose]()
})

const json = async (...args: string[]) => JSON.parse(await cli.print(...args, '--json'))
const listed = (): Promise<WireWebhook[]> => json('webhook', 'list')

test('a webhook is created, shown, tried, disabled, enabled and deleted', async () => {
  const filter = ['--id', 'a*', '--id', 'b', '--capability', 'search', '--metadata', 'gpu.count=2']
  const more = ['--status', 'ready', '--protocol', 'a2a', '-q', 'word', '--include-dead']
  const { stdout, stderr, code } = await cli.run('webhook', 'create', hooks.url, ...filter, ...more)
  const secret = stdout.trim()
  const [{ id = '' } = {}] = await listed()
  // The hint is for terminals.
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const shown = await json('webhook', 'show', id)
  expect(shown).toMatchObject({
    ...{ id, url: hooks.url, state: 'active', enabled: true },
    filter: {
      agent_id: ['a*', 'b'],
      capability: ['search'],
      status: ['ready'],
      protocol: 'a2a',
      metadata: ['gpu.count:2'],
      q: 'word',
      include_dead: true,
    },
  })
  expect(await cli.print('webhook', 'show', id)).toMatch(/^state\s+active$/m)
  expect(await cli.print('webhook', 'list')).toMatch(new RegExp(`^${id}\tactive\t${hooks.url}\t`))
  expect(await cli.print('webhook', 'test', id)).toBe('accepted with status 204\n')
  expect(hooks.deliveries.map((delivery) => verified(delivery, secret).type)).toEqual([
    'dev.rollcall.webhook.test',
  ])
  expect(await cli.print('webhook', 'disable', id)).toBe(`disabled ${id}\n`)
  expect(await listed()).toMatchObject([{ id, state: 'disabled' }])
  expect(await json('webhook', 'enable', id)).toMatchObject({ id, state: 'active' })
  expect(await cli.print('webhook', 'delete', id)).toBe(`deleted ${id}\n`)
  expect(await listed()).toEqual([])
  const again = await cli.run('webhook', 'delete', id)
  expect([again.code, again.stderr]).toEqual([1, `rollcall: there is no webhook ${id}\n`])
  const unknown = await cli.run('webhook', 'show', id)
  expect([unknown.code, unknown.stderr]).toEqual([
    1,
    expect.stringContaining(`There is no webhook ${id}`),
  ])
})

test('a receiver that does not accept the event makes the test fail', async () => {
  hooks.respond = (response) => response.writeHead(401).end()
  const created = await json('webhook', 'create', hooks.url, '--secret', `whsec_${'A'.repeat(32)}`)
  expect(created.secret).toBe(`whsec_${'A'.repeat(32)}`)
  const { code, stderr } = await cli.run('webhook', 'test', created.id)
  await cli.print('webhook', 'delete', created.id)
  expect([code, stderr]).toEqual([1, 'rollcall: the event was not accepted: status 401\n'])
})

test.each([
  [['webhook', 'create'], 'webhook create needs the URL of the receiver'],
  [['webhook', 'show'], 'webhook show needs the id of a webhook'],
  [['webhook', 'delete', '../tokens'], 'the id of a webhook has 12 hexadecimal digits'],
])('%j is refused as usage', async (args, message) => {
  const { code, stderr } = await cli.run(...args)
  expect([code, stderr]).toEqual([2, expect.stringContaining(message)])
})

test('a refused address, and one webhook too many, say which setting allows it', async () => {
  const refused = await cli.run('webhook', 'create', 'http://10.0.0.1/')
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('--webhook-networks')])
  const created: string[] = []
  for (const path of ['a', 'b']) {
    created.push((await json('webhook', 'create', `https://hooks.invalid/${path}`)).id)
  }
  const third = await cli.run('webhook', 'create', 'https://hooks.invalid/c')
  expect([third.code, third.stderr]).toEqual([1, expect.stringContaining('--max-webhooks')])
  for (const id of created) await cli.print('webhook', 'delete', id)
})
