// Webhooks of a registry: what arrives, in which order, signed how; and receivers that fail in every way.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { revisionsOf, verified, WebhookReceiver } from './support/webhook-receiver.ts'
import { sendJson, upTo, WebhookRegistry } from './support/webhook-registry.ts'

let stack: AsyncDisposableStack
beforeEach(() => {
  stack = new AsyncDisposableStack()
})
afterEach(() => stack.disposeAsync())

async function started(options: Parameters<typeof WebhookRegistry.start>[0] = {}) {
  return stack.use(await WebhookRegistry.start(options))
}

async function receiver(...respond: Parameters<typeof WebhookReceiver.start>) {
  return stack.use(await WebhookReceiver.start(...respond))
}

describe('a webhook', () => {
  test('receives each change of its agents in order, signed, as a CloudEvent', async () => {
    const registry = await started({ publicUrl: 'https://agents.example' })
    const hooks = await receiver()
    const { secret, position } = await registry.create({
      url: hooks.url,
      filter: { agent_id: ['team-a:*'] },
    })
    await registry.register('team-a:1')
    await registry.register('team-b:1')
    await registry.register('team-a:1', { capabilities: ['search'] })
    await sendJson(`${registry.url}/agents/team-a:1`, undefined, 'DELETE')
    await expect.poll(() => hooks.deliveries.length).toBe(3)
    const events = hooks.deliveries.map((delivery) => verified(delivery, secret))
    const [branch] = position.split(':')
    expect(events[0]).toEqual({
      specversion: '1.0',
      id: `${branch}:1`,
      source: 'https://agents.example',
      type: 'dev.rollcall.agent.registered',
      subject: 'team-a:1',
      time: expect.stringMatching(/^20\d\d-.*Z$/),
      datacontenttype: 'application/json',
      data: expect.objectContaining({ revision: 1, type: 'registered', agent_id: 'team-a:1' }),
    })
    expect(events.map(({ id, type }) => [id, type])).toEqual([
      [`${branch}:1`, 'dev.rollcall.agent.registered'],
      [`${branch}:3`, 'dev.rollcall.agent.updated'],
      [`${branch}:4`, 'dev.rollcall.agent.deregistered'],
    ])
    const [first] = hooks.deliveries
    expect(first?.headers).toMatchObject({
      'content-type': 'application/cloudevents+json; charset=utf-8',
      'webhook-id': `${branch}:1`,
      'user-agent': expect.stringMatching(/^Rollcall\//),
    })
    const page = await fetch(`${registry.url}/events?agent_id=team-a:*`, {
      headers: { accept: 'application/cloudevents-batch+json' },
    })
    expect(await page.json()).toEqual(events)
  })

  test('has a secret that is shown once, or is given; a wrong one verifies nothing', async () => {
    const registry = await started()
    const hooks = await receiver()
    const secret = `whsec_${Buffer.from('a secret of exactly thirty-two b').toString('base64')}`
    const created = await registry.create({ url: hooks.url, secret })
    expect(created.secret).toBe(secret)
    expect(JSON.stringify(await registry.get(created.id))).not.toContain('whsec')
    expect(JSON.stringify((await sendJson(`${registry.url}/webhooks`)).json)).not.toContain('whsec')
    await registry.register('a')
    await expect.poll(() => hooks.deliveries.length).toBe(1)
    const [delivery] = hooks.deliveries as [(typeof hooks.deliveries)[0]]
    expect(() => verified(delivery, secret)).not.toThrow()
    expect(() => verified(delivery, `whsec_${'A'.repeat(32)}`)).toThrow()
    const tampered = { ...delivery, body: delivery.body.replace('registered', 'updated') }
    expect(() => verified(tampered, secret)).toThrow()
  })

  test('is signed with a new secret, and sent to a new URL, from a change on', async () => {
    const registry = await started()
    const [before, after] = [
      await receiver((response) => response.writeHead(500).end()),
      await receiver(),
    ]
    const { id } = await registry.create({ url: before.url })
    await registry.register('a')
    await expect.poll(async () => (await registry.get(id)).state).toBe('failing')
    const secret = `whsec_${'B'.repeat(32)}`
    const changed = await registry.change(id, { url: after.url, secret })
    expect(changed).toMatchObject({ state: 'active', last_error: null })
    await expect.poll(() => after.deliveries.length).toBe(1)
    expect(after.deliveries.map((delivery) => verified(delivery, secret).subject)).toEqual(['a'])
  })

  test.each([
    ['while it pauses', 'the receiver asks for an hour'],
    ['while an attempt is on its way', 'the receiver does not answer'],
  ])('goes on at once with a change %s', async (_when, why) => {
    const registry = await started({ webhookTimeoutSeconds: 300 })
    const after = await receiver()
    const before = await receiver((response) => {
      if (why.includes('hour')) response.writeHead(503, { 'retry-after': '3600' }).end()
    })
    const { id } = await registry.create({ url: before.url })
    await registry.register('a')
    await expect.poll(() => before.deliveries.length).toBe(1)
    await registry.change(id, { url: after.url })
    await expect.poll(() => after.deliveries.length).toBe(1)
    expect(before.deliveries).toHaveLength(1)
  })

  test('receives nothing while it is disabled, goes on where it was, and ends with its deletion', async () => {
    const registry = await started()
    const [hooks, others] = [await receiver(), await receiver()]
    const { id } = await registry.create({ url: hooks.url })
    await registry.create({ url: others.url })
    await registry.register('a')
    await expect.poll(() => hooks.deliveries.length).toBe(1)
    await registry.change(id, { enabled: false })
    await registry.register('b')
    await expect.poll(() => others.deliveries.length).toBe(2)
    expect(hooks.deliveries).toHaveLength(1)
    await registry.change(id, { enabled: true })
    await expect.poll(() => revisionsOf(hooks.distinctIds)).toEqual([1, 2])
    await sendJson(`${registry.url}/webhooks/${id}`, undefined, 'DELETE')
    const received = hooks.deliveries.length
    await registry.register('c')
    await expect.poll(() => others.deliveries.length).toBe(3)
    expect(hooks.deliveries).toHaveLength(received)
    expect((await sendJson(`${registry.url}/webhooks/${id}`)).status).toBe(404)
  })

  test('is told what the history no longer has, and goes on from there', async () => {
    const registry = await started({ historyLimit: 3 })
    const hooks = await receiver()
    const { id, secret } = await registry.create({ url: hooks.url, enabled: false })
    await registry.registerMany(10)
    await registry.change(id, { enabled: true })
    await expect.poll(() => hooks.deliveries.length).toBe(1)
    await registry.register('next')
    await expect.poll(() => hooks.deliveries.length).toBe(2)
    const events = hooks.deliveries.map((delivery) => verified(delivery, secret))
    expect(events[0]).toMatchObject({
      type: 'dev.rollcall.registry.reset',
      data: { type: 'reset', revision: 10 },
    })
    expect(events[1]).toMatchObject({ subject: 'next', data: { revision: 11 } })
  })

  test('can be tried with one event, also while it is disabled', async () => {
    const registry = await started()
    const hooks = await receiver()
    const { id, secret } = await registry.create({ url: hooks.url, enabled: false })
    const tried = () => sendJson(`${registry.url}/webhooks/${id}/test`, {}, 'POST')
    expect(await tried()).toEqual({
      status: 200,
      json: { id, accepted: true, status: 204, error: null },
    })
    expect(hooks.deliveries.map((delivery) => verified(delivery, secret).type)).toEqual([
      'dev.rollcall.webhook.test',
    ])
    hooks.respond = (response) => response.writeHead(401).end()
    expect((await tried()).json).toMatchObject({
      accepted: false,
      status: 401,
      error: 'status 401',
    })
    await hooks.stop()
    expect((await tried()).json).toMatchObject({ accepted: false, status: null })
  })

  test('follows a busy registry completely, beyond what is in memory', async () => {
    const registry = await started()
    // Slower than the changes come.
    const hooks = await receiver((response) => setTimeout(() => response.end('{}'), 1))
    await registry.create({ url: hooks.url })
    const last = 1200
    const registering = Array.from({ length: 8 }, async (_, lane) => {
      for (let index = 0; index < last / 8; index++) await registry.register(`${lane}:${index}`)
    })
    await Promise.all(registering)
    await expect.poll(() => hooks.deliveries.length).toBe(last)
    expect(revisionsOf(hooks.deliveries.map(({ id }) => id))).toEqual(upTo(last))
  })
})

describe('a receiver', () => {
  test('that is down gets everything once it is back, in order, and delays nobody', async () => {
    const registry = await started()
    const [down, others] = [await receiver(), await receiver()]
    await down.stop()
    const { id } = await registry.create({ url: down.url })
    await registry.create({ url: others.url })
    await registry.registerMany(30)
    await expect.poll(() => others.deliveries.length).toBe(30)
    expect(down.deliveries).toHaveLength(0)
    await expect.poll(async () => (await registry.get(id)).last_error).toContain('ECONNREFUSED')
    expect(await registry.get(id)).toMatchObject({
      state: 'failing',
      failing_since: expect.any(String),
    })
    await down.listen()
    await expect.poll(() => revisionsOf(down.distinctIds)).toEqual(upTo(30))
    const active = { state: 'active', last_error: null, failing_since: null }
    await expect.poll(() => registry.get(id)).toMatchObject(active)
  })

  test('that answers 500 gets the same event again, and no other before', async () => {
    const registry = await started()
    const hooks = await receiver((response, _delivery, earlier) =>
      response.writeHead(earlier < 2 ? 500 : 204).end(),
    )
    const { secret } = await registry.create({ url: hooks.url })
    await registry.registerMany(3)
    await expect
      .poll(() => revisionsOf(hooks.deliveries.map(({ id }) => id)))
      .toEqual([...[1, 1, 1], ...[2, 3]])
    const [first, second] = hooks.deliveries
    expect(second?.body).toBe(first?.body)
    for (const delivery of hooks.deliveries) expect(() => verified(delivery, secret)).not.toThrow()
  })

  test('that asks for a pause with Retry-After gets one', async () => {
    const registry = await started()
    const hooks = await receiver((response, _delivery, earlier) =>
      earlier === 0
        ? response.writeHead(503, { 'retry-after': '3' }).end()
        : response.writeHead(204).end(),
    )
    await registry.create({ url: hooks.url })
    await registry.register('a')
    await expect.poll(() => hooks.deliveries.length).toBe(2)
    const [first, second] = hooks.deliveries
    // Without it, the second attempt comes after a second at most.
    expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThan(2900)
  })

  test('that never answers is given up on after the timeout, and delays nobody', async () => {
    const registry = await started({ webhookTimeoutSeconds: 1 })
    const [silent, others] = [await receiver(() => undefined), await receiver()]
    const { id } = await registry.create({ url: silent.url })
    await registry.create({ url: others.url })
    await registry.registerMany(10)
    await expect.poll(() => others.deliveries.length).toBe(10)
    await expect
      .poll(async () => (await registry.get(id)).last_error)
      .toBe('no response within 1 s')
    await expect.poll(() => silent.deliveries.length).toBeGreaterThan(1)
    expect(revisionsOf(silent.distinctIds)).toEqual([1])
  })

  test('that redirects is not followed', async () => {
    const registry = await started()
    const elsewhere = await receiver()
    const hooks = await receiver((response) =>
      response.writeHead(307, { location: elsewhere.url }).end(),
    )
    const { id } = await registry.create({ url: hooks.url })
    await registry.register('a')
    await expect
      .poll(async () => (await registry.get(id)).last_error)
      .toBe('status 307: redirects are not followed')
    await expect.poll(() => hooks.deliveries.length).toBeGreaterThan(1)
    expect(elsewhere.deliveries).toHaveLength(0)
  })

  test('that is gone disables its webhook at once, which says why', async () => {
    const registry = await started()
    const hooks = await receiver((response) => response.writeHead(410).end())
    const { id } = await registry.create({ url: hooks.url })
    await registry.register('a')
    const disabled = { enabled: false, state: 'disabled', last_error: 'status 410' }
    await expect.poll(() => registry.get(id)).toMatchObject(disabled)
    expect(hooks.deliveries).toHaveLength(1)
    hooks.respond = (response) => response.end()
    await registry.change(id, { enabled: true })
    await expect.poll(() => revisionsOf(hooks.distinctIds)).toEqual([1])
    await expect.poll(() => registry.get(id)).toMatchObject({ state: 'active', last_error: null })
  })

  test('that accepts nothing for as long as events are sent again disables its webhook', async () => {
    const registry = await started({ webhookRetrySeconds: 2 })
    const hooks = await receiver((response) => response.writeHead(500).end())
    const { id } = await registry.create({ url: hooks.url })
    await registry.register('a')
    const disabled = { enabled: false, state: 'disabled', last_error: 'status 500' }
    await expect.poll(() => registry.get(id)).toMatchObject(disabled)
    expect(hooks.deliveries.length).toBeGreaterThan(1)
  })
})
