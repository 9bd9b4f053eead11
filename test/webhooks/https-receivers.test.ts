// Receivers with certificates: good ones, and those that a man in the middle would have.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { RegistryProcess } from '../e2e/support/registry-process.ts'
import { freshStore } from '../stores/fresh-store.ts'
import { authority } from '../tls/support/authority.ts'
import { revisionsOf, WebhookReceiver } from './support/webhook-receiver.ts'
import { WebhookCalls } from './support/webhook-registry.ts'

const known = authority('An authority that the registry knows')
const ARGS = ['--webhook-networks', '127.0.0.0/8,::1']

/** Starts a registry that knows one authority, and a receiver with a certificate. */
async function started(stack: AsyncDisposableStack, certificate: { cert: string; key: string }) {
  const store = stack.use(await freshStore('sqlite'))
  const file = join(store.folder, 'authority.pem')
  writeFileSync(file, known.cert)
  const env = { NODE_EXTRA_CA_CERTS: file }
  const registry = stack.use(
    await RegistryProcess.start({ cwd: store.folder, db: store.url, args: ARGS, env }),
  )
  const receiver = stack.use(new WebhookReceiver(certificate))
  await receiver.listen()
  return { calls: new WebhookCalls(registry.url), receiver }
}

test('events arrive over HTTPS, by name and by address, and connections are kept', async () => {
  await using stack = new AsyncDisposableStack()
  const { calls, receiver } = await started(stack, known.issue())
  for (const host of ['127.0.0.1', 'localhost']) {
    await calls.create({ url: receiver.url.replace('127.0.0.1', host) })
  }
  await calls.registerMany(20)
  await expect.poll(() => receiver.deliveries.length).toBe(40)
  expect(revisionsOf(receiver.distinctIds)).toHaveLength(20)
  const connections = await receiver.connectionCount()
  expect(connections).toBeLessThanOrEqual(2)
})

test.each<[string, { cert: string; key: string }, RegExp]>([
  ['of an authority that it does not know', authority().issue(), /unable to verify|self-signed/],
  ['that is no longer valid', known.issue({ validMs: -60_000 }), /expired/],
  [
    'of another host',
    known.issue({ names: [{ type: 'dns', value: 'hooks.example' }] }),
    /does not match certificate's altnames|altnames/,
  ],
])(
  'a receiver with a certificate %s gets nothing, and the webhook says why',
  async (_, certificate, reason) => {
    await using stack = new AsyncDisposableStack()
    const { calls, receiver } = await started(stack, certificate)
    const { id } = await calls.create({ url: receiver.url })
    await calls.register('a')
    await expect.poll(async () => (await calls.get(id)).last_error).toMatch(reason)
    expect(receiver.deliveries).toEqual([])
  },
)
