import { once } from 'node:events'
import { Agent } from 'node:https'
import { connect as connectTcp } from 'node:net'
import { connect, type TLSSocket } from 'node:tls'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { authority } from '../../../../test/tls/support/authority.ts'
import { type TlsRegistry, tlsRegistry } from '../../../../test/tls/support/tls-registry.ts'

/** Collects the lines of a log. */
function logLines() {
  const lines: { msg: string; problem?: string }[] = []
  const logger = pino({ level: 'info' }, { write: (line: string) => lines.push(JSON.parse(line)) })
  return { logger, lines, about: (text: string) => lines.filter(({ msg }) => msg.includes(text)) }
}

const CHANGED = 'have changed'
const UNUSABLE = 'cannot be used as they are now'

/** Returns the common name of the certificate that a registry shows to new connections. */
async function shownName({ url, authority: { cert } }: TlsRegistry): Promise<string> {
  const socket: TLSSocket = connect({
    host: '127.0.0.1',
    port: Number(new URL(url).port),
    ca: cert,
    servername: 'localhost',
  })
  await once(socket, 'secureConnect')
  const { subject } = socket.getPeerCertificate()
  socket.destroy()
  return String(subject.CN)
}

test('a certificate that changes is used for new connections, and open ones stay', async () => {
  const { logger, about } = logLines()
  await using registry = await tlsRegistry({ logger })
  const keptOpen = new Agent({ keepAlive: true, ca: registry.authority.cert })
  expect(await registry.send('GET', '/health', { agent: keptOpen })).toMatchObject({ status: 200 })
  expect(await shownName(registry)).toBe('someone')
  const next = registry.authority.issue({ commonName: 'next' })
  registry.files.write('server.pem', next.cert)
  registry.files.write('server-key.pem', next.key)
  await expect.poll(() => about(CHANGED).length).toBe(1)
  expect(await shownName(registry)).toBe('next')
  expect(await registry.send('GET', '/health', { agent: keptOpen })).toMatchObject({ status: 200 })
  keptOpen.destroy()
})

test('a half written pair is reported, and the last good one stays in use', async () => {
  const { logger, about, lines } = logLines()
  await using registry = await tlsRegistry({ logger })
  const next = registry.authority.issue({ commonName: 'next' })
  const parts = [
    ['server.pem', next.cert, 'key values mismatch'],
    ['server.pem', '', 'has no certificate in PEM'],
    ['server.pem', next.cert + next.cert.slice(0, 200), 'is not complete'],
    ['server.pem', 'no certificate at all', 'has no certificate in PEM'],
  ] as const
  for (const [count, [name, text, problem]] of parts.entries()) {
    registry.files.write(name, text)
    await expect.poll(() => about(UNUSABLE).length).toBe(count + 1)
    expect(lines.at(-1)?.problem).toContain(problem)
    expect(await shownName(registry)).toBe('someone')
  }
  registry.files.write('server-key.pem', next.key.slice(0, 100))
  registry.files.write('server.pem', next.cert)
  await expect.poll(() => about(UNUSABLE).length).toBeGreaterThan(parts.length)
  expect(await shownName(registry)).toBe('someone')
  registry.files.write('server-key.pem', next.key)
  await expect.poll(() => about(CHANGED).length).toBe(1)
  expect(await shownName(registry)).toBe('next')
})

test('an authority that is added lets its clients in, and closes no connection', async () => {
  const { logger, about } = logLines()
  await using registry = await tlsRegistry({ clientRules: '** = read', anonymous: 'none', logger })
  const more = authority('More clients')
  const [old, added] = [registry.clients.issue(), more.issue()]
  const keptOpen = new Agent({
    keepAlive: true,
    ca: registry.authority.cert,
    ...old,
    maxSockets: 1,
  })
  let connections = 0
  registry.server.createApp().server.on('secureConnection', () => connections++)
  expect(await registry.send('GET', '/agents', { agent: keptOpen })).toMatchObject({ status: 200 })
  expect(await registry.send('GET', '/agents', { client: added })).toMatchObject({ status: 401 })
  registry.files.write('clients.pem', `${registry.clients.cert}\n${more.cert}\n`)
  await expect.poll(() => about(CHANGED).length).toBe(1)
  expect(await registry.send('GET', '/agents', { client: added })).toMatchObject({ status: 200 })
  expect(await registry.send('GET', '/agents', { agent: keptOpen })).toMatchObject({ status: 200 })
  expect(connections).toBe(3)
  keptOpen.destroy()
})

test('an authority that is removed ends the connections and sessions of its clients', async () => {
  const { logger, about } = logLines()
  await using registry = await tlsRegistry({ clientRules: '** = read', anonymous: 'none', logger })
  const client = registry.clients.issue()
  const keptOpen = new Agent({ keepAlive: true, ca: registry.authority.cert, ...client })
  const resuming = new Agent({ ca: registry.authority.cert, ...client, maxCachedSessions: 10 })
  for (const agent of [keptOpen, resuming]) {
    expect(await registry.send('GET', '/agents', { agent })).toMatchObject({ status: 200 })
  }
  const without = new Agent({ keepAlive: true, ca: registry.authority.cert })
  await registry.send('GET', '/health/live', { agent: without })
  const sockets = Object.values(keptOpen.freeSockets).flat()
  const others = Object.values(without.freeSockets).flat()
  expect([sockets.length, others.length]).toEqual([1, 1])
  registry.files.write('clients.pem', authority('Others').cert)
  await expect.poll(() => about(CHANGED).length).toBe(1)
  await expect.poll(() => sockets.every((socket) => socket?.destroyed)).toBe(true)
  for (const agent of [keptOpen, resuming]) {
    expect(await registry.send('GET', '/agents', { agent })).toMatchObject({ status: 401 })
  }
  // A connection without a certificate stays open.
  await registry.send('GET', '/health/live', { agent: without })
  expect(Object.values(without.freeSockets).flat()).toEqual(others)
  for (const agent of [keptOpen, without]) agent.destroy()
})

test('a handshake that began before an authority was removed is not completed', async () => {
  const { logger, about } = logLines()
  await using registry = await tlsRegistry({ clientRules: '** = read', logger })
  const { server } = registry.server.createApp()
  const client = registry.clients.issue()
  const below = connectTcp(Number(new URL(registry.url).port), '127.0.0.1')
  below.on('error', () => undefined)
  const isClosed = new Promise((resolve) => below.once('close', () => resolve('closed')))
  await once(server, 'connection')
  registry.files.write('clients.pem', authority('Others').cert)
  await expect.poll(() => about(CHANGED).length).toBe(1)
  const socket = connect({ socket: below, ca: registry.authority.cert, ...client })
  socket.on('error', () => undefined)
  const isConnected = once(socket, 'secureConnect').then(
    () => 'connected',
    () => isClosed,
  )
  expect(await Promise.race([isClosed, isConnected])).toBe('closed')
  socket.destroy()
})

test('files that cannot be used at the start are an error that names them', async () => {
  const other = authority()
  const { key } = other.issue()
  await expect(tlsRegistry({ replace: { 'server-key.pem': key } })).rejects.toThrow(
    /the TLS files .*server\.pem, .*server-key\.pem cannot be used: .*key values mismatch/,
  )
  const noAuthority = tlsRegistry({ clientRules: '', replace: { 'clients.pem': 'nothing' } })
  await expect(noAuthority).rejects.toThrow('the file of authorities has no certificate in PEM')
  const garbage = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'
  const halfGarbage = tlsRegistry({
    clientRules: '',
    replace: { 'clients.pem': other.cert + garbage },
  })
  await expect(halfGarbage).rejects.toThrow('clients.pem cannot be used')
  await expect(tlsRegistry({ clientRules: 'alice' })).rejects.toThrow('the rule "alice" must be')
})
