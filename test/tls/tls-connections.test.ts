// What looks at sockets must work on TLS sockets as well.
import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { ManualClock } from '@rollcall/server/testing'
import { expect, test } from 'vitest'
import { type TlsRegistry, tlsRegistry } from './support/tls-registry.ts'

const portOf = ({ url }: TlsRegistry) => Number(new URL(url).port)

/** Opens a TLS connection. */
async function open(
  registry: TlsRegistry,
  more: Pick<ConnectionOptions, 'maxVersion' | 'cert' | 'key'> = {},
): Promise<TLSSocket> {
  const { cert: ca } = registry.authority
  const options = { host: '127.0.0.1', port: portOf(registry), servername: 'localhost' }
  const socket = connect({ ...options, ...more, ca })
  socket.on('error', () => undefined)
  await once(socket, 'secureConnect')
  return socket
}

/** Resolves when a connection is closed, also by a reset. */
function closed(socket: Socket): Promise<void> {
  socket.on('error', () => undefined).resume()
  return new Promise((resolve) => socket.once('close', () => resolve()))
}

/** Returns what a connection sends until it closes, or until a text has come. */
async function received(socket: TLSSocket, until?: string): Promise<string> {
  let text = ''
  for await (const chunk of socket) {
    text += chunk
    if (until !== undefined && text.includes(until)) break
  }
  return text
}

const openCount = ({ server }: TlsRegistry) =>
  new Promise<number>((resolve) => server.createApp().server.getConnections((_, n) => resolve(n)))

const HEAD = 'Host: x\r\n\r\n'

test('the registry listens on a URL with https, and every queue speaks TLS', async () => {
  await using registry = await tlsRegistry()
  expect(registry.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/)
  const responses = await Promise.all(
    Array.from({ length: 60 }, () => registry.send('GET', '/health')),
  )
  expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([200]))
  await expect.poll(() => openCount(registry)).toBe(0)
})

test('on every queue, a client that leaves during its handshake takes its connection with it', async () => {
  await using registry = await tlsRegistry()
  const { server } = registry.server.createApp()
  const isKept = new Set<boolean>()
  server.on('connection', ({ allowHalfOpen }: Socket) => isKept.add(allowHalfOpen))
  const sockets = Array.from({ length: 60 }, () => connectTcp(portOf(registry), '127.0.0.1'))
  await Promise.all(sockets.map((socket) => once(socket, 'connect')))
  for (const socket of sockets) socket.end()
  await Promise.all(sockets.map(closed))
  expect([...isKept]).toEqual([false])
})

test('all connections count towards the limit', async () => {
  await using registry = await tlsRegistry()
  const { server } = registry.server.createApp()
  server.maxConnections = 10
  let dropped = 0
  server.on('drop', () => dropped++)
  const sockets = Array.from({ length: 40 }, () => connectTcp(portOf(registry), '127.0.0.1'))
  for (const socket of sockets) socket.on('error', () => undefined)
  await expect.poll(() => dropped).toBe(30)
  expect(await openCount(registry)).toBe(10)
  for (const socket of sockets) socket.destroy()
  await expect.poll(() => openCount(registry)).toBe(0)
})

test('pipelined requests are answered in order', async () => {
  await using registry = await tlsRegistry()
  const json = { agent_id: 'a', agent_name: 'A', host: '10.0.0.7', port: 8000 }
  await registry.send('POST', '/agents/register', { json })
  const socket = await open(registry)
  const beats = `POST /agents/a/heartbeat HTTP/1.1\r\n${HEAD}`.repeat(300)
  const list = `GET /agents HTTP/1.1\r\nConnection: close\r\n${HEAD}`
  socket.write(`${beats}GET /agents/unknown HTTP/1.1\r\n${HEAD}${list}`)
  const statuses = (await received(socket)).match(/HTTP\/1\.1 \d+/g) ?? []
  expect(statuses.length).toBe(302)
  expect(statuses.slice(0, 300)).toEqual(Array.from({ length: 300 }, () => 'HTTP/1.1 200'))
  expect(statuses.slice(300)).toEqual(['HTTP/1.1 404', 'HTTP/1.1 200'])
})

test('too many pipelined requests close the connection', async () => {
  await using registry = await tlsRegistry()
  const socket = await open(registry)
  const isClosed = closed(socket)
  socket.write(`GET /events HTTP/1.1\r\nAccept: text/event-stream\r\n${HEAD}`)
  socket.write(`GET /agents HTTP/1.1\r\n${HEAD}`.repeat(3000))
  await isClosed
})

test('a stream delivers events, and ends when the registry closes', async () => {
  await using registry = await tlsRegistry()
  const socket = await open(registry)
  socket.write(`GET /events HTTP/1.1\r\nAccept: text/event-stream\r\n${HEAD}`)
  const json = { agent_id: 'a', agent_name: 'A', host: '10.0.0.7', port: 8000 }
  await registry.send('POST', '/agents/register', { json })
  const rest = received(socket)
  await registry.server.close()
  expect(await rest).toContain('event: closing')
})

test('a stream ends when the certificate of its reader expires', async () => {
  const clock = new ManualClock({ wallMs: Date.now() })
  await using registry = await tlsRegistry({ clientRules: '** = read', clock })
  const socket = await open(registry, registry.clients.issue({ validMs: 3_600_000 }))
  socket.write(`GET /events HTTP/1.1\r\nAccept: text/event-stream\r\n${HEAD}`)
  await once(socket, 'readable')
  clock.stepWall(7_200_000)
  expect(await received(socket)).toContain(
    'the credential of the caller was revoked, has expired, or sees other agents than before',
  )
})

test('HTTP without TLS is not answered, and harms nobody', async () => {
  await using registry = await tlsRegistry()
  for (const bytes of [`GET /health HTTP/1.1\r\n${HEAD}`, Buffer.alloc(100_000, 0x16)]) {
    const socket = connectTcp(portOf(registry), '127.0.0.1')
    socket.write(bytes)
    await closed(socket)
  }
  expect(await registry.send('GET', '/health')).toMatchObject({ status: 200 })
})

test('malformed HTTP within TLS is a problem document', async () => {
  await using registry = await tlsRegistry()
  const socket = await open(registry)
  socket.write('this is not HTTP\r\n\r\n')
  expect(await received(socket)).toMatch(/^HTTP\/1\.1 400 .*MALFORMED_REQUEST/s)
})

test('clients that never finish their handshake do not keep the registry from stopping', async () => {
  await using registry = await tlsRegistry()
  const sockets = Array.from({ length: 20 }, () => connectTcp(portOf(registry), '127.0.0.1'))
  const allClosed = Promise.all(sockets.map(closed))
  await expect.poll(() => openCount(registry)).toBe(20)
  const codes: string[] = []
  registry.server.createApp().server.on('tlsClientError', ({ code }) => codes.push(code))
  await registry.server.close()
  await allClosed
  expect(codes).not.toContain('ERR_TLS_HANDSHAKE_TIMEOUT')
})

test('older versions of TLS are refused', async () => {
  await using registry = await tlsRegistry()
  const socket = connect({
    host: '127.0.0.1',
    port: portOf(registry),
    ca: registry.authority.cert,
    maxVersion: 'TLSv1.1',
    minVersion: 'TLSv1',
    ciphers: 'DEFAULT@SECLEVEL=0',
  })
  const [error] = await once(socket, 'error')
  expect(error.code).toMatch(/ERR_SSL/)
})

test('a registry without authorities of clients asks for no certificate', async () => {
  await using registry = await tlsRegistry()
  const secured = once(registry.server.createApp().server, 'secureConnection')
  const socket = await open(registry, registry.clients.issue())
  const [accepted] = (await secured) as [TLSSocket]
  expect(accepted.getPeerCertificate().raw).toBeUndefined()
  socket.destroy()
})

test('a connection cannot be given another certificate by renegotiation', async () => {
  await using registry = await tlsRegistry({ clientRules: '** = read' })
  const socket = await open(registry, { maxVersion: 'TLSv1.2' })
  expect(socket.getProtocol()).toBe('TLSv1.2')
  const failure = await new Promise((resolve) => {
    socket.on('error', resolve)
    socket.renegotiate({ rejectUnauthorized: false }, resolve)
  })
  expect(failure).toBeInstanceOf(Error)
})
