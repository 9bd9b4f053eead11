// Receivers that would harm the registry, or its network: addresses, names, responses without end or form.
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { freshStore } from '../stores/fresh-store.ts'
import { revisionsOf, WebhookReceiver } from './support/webhook-receiver.ts'
import { sendJson, upTo, WebhookRegistry } from './support/webhook-registry.ts'

let stack: AsyncDisposableStack
beforeEach(() => {
  stack = new AsyncDisposableStack()
})
afterEach(() => stack.disposeAsync())

async function started(options: Parameters<typeof WebhookRegistry.start>[0] = {}) {
  return stack.use(await WebhookRegistry.start(options))
}

describe('by default', () => {
  test('a webhook to this machine or a private network is refused when it is created or changed', async () => {
    const registry = await started({ webhookNetworks: [] })
    const refused = async (url: string) => {
      const { status, json } = await sendJson<{ errors: object[] }>(`${registry.url}/webhooks`, {
        url,
      })
      return [status, json.errors[0]]
    }
    for (const host of ['127.0.0.1', '[::1]', '10.0.0.1', '169.254.169.254', '[fd00::1]']) {
      expect(await refused(`http://${host}/`)).toEqual([
        422,
        { pointer: '/url', message: expect.stringContaining('--webhook-networks') },
      ])
    }
    const { id } = await registry.create({ url: 'https://hooks.example', enabled: false })
    const changed = await sendJson(
      `${registry.url}/webhooks/${id}`,
      { url: 'http://127.0.0.1/' },
      'PATCH',
    )
    expect(changed.status).toBe(422)
    expect((await registry.get(id)).url).toBe('https://hooks.example')
  })

  test('a name that resolves to this machine gets nothing', async () => {
    const registry = await started({ webhookNetworks: [] })
    const hooks = stack.use(await WebhookReceiver.start())
    const { id } = await registry.create({ url: hooks.url.replace('127.0.0.1', 'localhost') })
    await registry.register('a')
    await expect
      .poll(async () => (await registry.get(id)).last_error)
      .toMatch(/^refused: the address (127\.0\.0\.1|::1) is not on the public internet/)
    const { json } = await sendJson(`${registry.url}/webhooks/${id}/test`, {}, 'POST')
    expect(json).toMatchObject({ accepted: false, status: null })
    expect(hooks.deliveries).toHaveLength(0)
  })

  test('an address that is no longer allowed gets nothing', async () => {
    const store = stack.use(await freshStore('sqlite'))
    const hooks = stack.use(await WebhookReceiver.start())
    {
      await using allowed = await WebhookRegistry.start({}, store.url)
      await allowed.create({ url: hooks.url })
      await allowed.register('a')
      await expect.poll(() => hooks.deliveries.length).toBe(1)
    }
    await using registry = await WebhookRegistry.start({ webhookNetworks: [] }, store.url)
    await registry.register('b')
    const { json } = await sendJson<{ id: string }[]>(`${registry.url}/webhooks`)
    await expect
      .poll(async () => (await registry.get(json[0]?.id ?? '')).last_error)
      .toContain('refused: the address 127.0.0.1')
    expect(revisionsOf(hooks.distinctIds)).toEqual([1])
  })
})

test('a name is sent to once its address is allowed', async () => {
  const registry = await started({ webhookNetworks: ['127.0.0.1', '::1'] })
  const hooks = stack.use(await WebhookReceiver.start())
  await registry.create({ url: hooks.url.replace('127.0.0.1', 'localhost') })
  await registry.register('a')
  await expect.poll(() => revisionsOf(hooks.distinctIds)).toEqual([1])
})

test.each(['', 'not a URL', 'ftp://hooks.example', 'https://user:password@hooks.example', 7])(
  'the URL %j is refused',
  async (url) => {
    const registry = await started()
    const { status, json } = await sendJson<{ code: string }>(`${registry.url}/webhooks`, { url })
    expect([status, json.code]).toEqual([422, 'VALIDATION_FAILED'])
  },
)

test.each([
  { filter: { nonsense: 'x' } },
  { filter: { capability: 'search' } },
  { filter: { status: ['asleep'] } },
  { filter: { since: '1' } },
  { filter: 'capability=search' },
  { secret: 'whsec_short' },
  { secret: `${'A'.repeat(40)}` },
  { secret: `whsec_${'!'.repeat(40)}` },
  { enabled: 'yes' },
  { position: 'b:1' },
])('the webhook %j is refused', async (more) => {
  const registry = await started()
  const json = { url: 'https://hooks.example', ...more }
  const { status } = await sendJson(`${registry.url}/webhooks`, json)
  expect(status).toBe(422)
})

/** Answers every connection with the same bytes, and closes it if asked to. */
async function rawReceiver(answer: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>()
  const server = createTcpServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('data', () => answer(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  stack.defer(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

describe('a response', () => {
  test('with a body without end is accepted by its status, and not read', async () => {
    const registry = await started({ webhookTimeoutSeconds: 30 })
    const written = { bytes: 0 }
    const hooks = stack.use(
      await WebhookReceiver.start((response) => {
        response.writeHead(200)
        const write = () => {
          if (response.destroyed) return
          written.bytes += 64 * 1024
          response.write('x'.repeat(64 * 1024), () => setImmediate(write))
        }
        write()
      }),
    )
    const { id } = await registry.create({ url: hooks.url })
    await registry.registerMany(3)
    await expect.poll(() => revisionsOf(hooks.deliveries.map((each) => each.id))).toEqual(upTo(3))
    expect(await registry.get(id)).toMatchObject({ state: 'active' })
    // What fits into the buffers of the sockets: a few megabytes at most.
    expect(written.bytes).toBeLessThan(64 * 1024 * 1024)
  })

  test('whose body never ends is accepted once the time is up', async () => {
    const registry = await started({ webhookTimeoutSeconds: 1 })
    const hooks = stack.use(
      await WebhookReceiver.start((response) => {
        response.writeHead(200)
        response.write('x')
      }),
    )
    const { id } = await registry.create({ url: hooks.url })
    await registry.registerMany(2)
    await expect.poll(() => revisionsOf(hooks.deliveries.map((each) => each.id))).toEqual([1, 2])
    await expect.poll(() => registry.get(id)).toMatchObject({ state: 'active', last_error: null })
  })

  test.each([
    ['that ends in its headers', 'HTTP/1.1 200 OK\r\nContent-Le', true],
    ['that is not HTTP', 'SSH-2.0-OpenSSH_9.9\r\n', true],
    ['without a word', '', true],
    ['with headers without end', `HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(20_000)}`, false],
    ['that switches protocols', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n', false],
    ['with a status that there is not', 'HTTP/1.1 999 What\r\nContent-Length: 0\r\n\r\n', false],
  ])('%s is not accepted', async (_name, bytes, ends) => {
    const registry = await started({ webhookTimeoutSeconds: 2 })
    const attempts = { count: 0 }
    const url = await rawReceiver((socket) => {
      attempts.count++
      if (ends) socket.end(bytes)
      else socket.write(bytes)
    })
    const { id } = await registry.create({ url })
    await registry.register('a')
    await expect.poll(async () => (await registry.get(id)).state).toBe('failing')
    await expect.poll(() => attempts.count).toBeGreaterThan(1)
    expect((await registry.get(id)).last_error).not.toBe('')
  })

  test('that is cut off in its body counts by its status', async () => {
    const registry = await started()
    const attempts = { count: 0 }
    const url = await rawReceiver((socket) => {
      attempts.count++
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf')
    })
    const { id } = await registry.create({ url })
    await registry.registerMany(2)
    await expect.poll(() => attempts.count).toBe(2)
    await expect.poll(async () => (await registry.get(id)).position).toMatch(/:2$/)
    expect(await registry.get(id)).toMatchObject({ state: 'active' })
  })
})

test('a Retry-After of years does not outlast the time for which events are sent again', async () => {
  const registry = await started({ webhookRetrySeconds: 2 })
  const hooks = stack.use(
    await WebhookReceiver.start((response) =>
      response.writeHead(503, { 'retry-after': '999999999' }).end(),
    ),
  )
  const { id } = await registry.create({ url: hooks.url })
  await registry.register('a')
  await expect.poll(() => registry.get(id)).toMatchObject({ state: 'disabled' })
  expect(hooks.deliveries).toHaveLength(2)
})

test('a receiver that closes a connection which was kept gets the event on another one, without a failure', async () => {
  const registry = await started()
  const requests = { count: 0 }
  const seen = new WeakSet<Socket>()
  const url = await rawReceiver((socket) => {
    socket.on('data', () => socket.destroy())
    if (seen.has(socket)) return
    seen.add(socket)
    requests.count++
    socket.write('HTTP/1.1 204 No Content\r\n\r\n')
  })
  const { id } = await registry.create({ url })
  await registry.registerMany(3)
  await expect.poll(async () => (await registry.get(id)).position).toMatch(/:3$/)
  expect(requests.count).toBe(3)
  const metrics = await (await fetch(`${registry.url}/metrics`)).text()
  expect(metrics).toContain('\nrollcall_webhook_failures_total 0\n')
})
