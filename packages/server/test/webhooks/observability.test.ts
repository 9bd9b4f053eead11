// What operators see of webhooks: lines in the log, once for each time a webhook fails, and metrics.
import { Writable } from 'node:stream'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { WebhookReceiver } from '../../../../test/webhooks/support/webhook-receiver.ts'
import { WebhookRegistry } from '../../../../test/webhooks/support/webhook-registry.ts'

interface Line {
  readonly level: number
  readonly msg: string
  readonly webhook?: string
  readonly origin?: string
  readonly reason?: string
}

function recordingLogger() {
  const lines: Line[] = []
  const stream = new Writable({
    write: (chunk, _encoding, done) => {
      lines.push(JSON.parse(String(chunk)))
      done()
    },
  })
  return { lines, logger: pino({ level: 'info' }, stream) }
}

async function metric({ url }: WebhookRegistry, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1])
}

test('a webhook that fails has one line in the log, and one when it accepts events again', async () => {
  const { lines, logger } = recordingLogger()
  await using registry = await WebhookRegistry.start({ logger })
  await using hooks = await WebhookReceiver.start((response, _delivery, earlier) =>
    response.writeHead(earlier < 2 ? 500 : 204).end(),
  )
  const { id } = await registry.create({ url: `${hooks.url}?token=not-for-the-log` })
  await registry.registerMany(3)
  await expect.poll(() => hooks.distinctIds.length).toBe(3)
  await expect.poll(() => metric(registry, 'rollcall_webhook_deliveries_total')).toBe(3)
  const ours = lines.filter(({ webhook }) => webhook === id)
  const { origin } = new URL(hooks.url)
  expect(ours).toMatchObject([
    { level: 40, origin, reason: 'status 500', msg: 'a webhook does not accept events' },
    { level: 30, origin, msg: 'a webhook accepts events again' },
  ])
  expect(JSON.stringify(lines)).not.toContain('not-for-the-log')
  expect(JSON.stringify(lines)).not.toContain('whsec')
  expect(await metric(registry, 'rollcall_webhook_failures_total')).toBe(2)
  expect(await metric(registry, 'rollcall_webhooks')).toBe(1)
  expect(await metric(registry, 'rollcall_webhooks_failing')).toBe(0)
})

test('a webhook that is behind shows how far', async () => {
  await using registry = await WebhookRegistry.start()
  await using hooks = await WebhookReceiver.start()
  await registry.create({ url: hooks.url })
  await registry.register('first')
  await expect.poll(() => hooks.deliveries.length).toBe(1)
  await expect.poll(() => metric(registry, 'rollcall_webhook_lag_events')).toBe(0)
  hooks.respond = (response) => response.writeHead(500).end()
  await registry.registerMany(5)
  await expect.poll(() => metric(registry, 'rollcall_webhooks_failing')).toBe(1)
  expect(await metric(registry, 'rollcall_webhook_lag_events')).toBe(5)
})

test('a webhook that is disabled has an error in the log', async () => {
  const { lines, logger } = recordingLogger()
  await using registry = await WebhookRegistry.start({ logger })
  await using hooks = await WebhookReceiver.start((response) => response.writeHead(410).end())
  const { id } = await registry.create({ url: hooks.url })
  await registry.register('a')
  await expect.poll(async () => (await registry.get(id)).state).toBe('disabled')
  const ours = lines.filter(({ webhook }) => webhook === id)
  expect(ours.map(({ level }) => level)).toEqual([40, 50])
  expect(ours[1]?.msg).toContain('rollcall webhook enable')
})
