// More connections than the process may have open files: excess connections are rejected, logged
// and counted, and all others are served. Linux only: it needs `prlimit`.
import { connect, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { parsePrometheusText, sampleValue } from '../http/support/prometheus-text.ts'
import { RawConnection } from '../http/support/raw-connection.ts'
import { registration } from './support/http-client.ts'
import { RegistryProcess } from './support/registry-process.ts'
import { sqliteUrl, TemporaryFolder } from './support/temporary-folder.ts'

const LIMIT = 200
const POLL = { timeout: 30_000, interval: 50 }

const HEAD = 'HTTP/1.1\r\nHost: x\r\n'
const HEALTH = `GET /health ${HEAD}\r\n`
const STREAM = `GET /events ${HEAD}Accept: text/event-stream\r\n\r\n`
const beatOf = (agentId: string) => `POST /agents/${agentId}/heartbeat ${HEAD}\r\n`

/**
 * Opens connections that send nothing. Returns those that stay open, and the number of rejected
 * ones.
 */
async function openConnections(port: number, count: number, request = '') {
  const sockets: Socket[] = []
  let rejected = 0
  await Promise.all(
    Array.from({ length: count }, async () => {
      const socket = connect(port, '127.0.0.1')
      sockets.push(socket)
      socket.write(request)
      socket.resume()
      socket.on('error', () => undefined).on('close', () => rejected++)
      await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve))
    }),
  )
  return {
    get rejected() {
      return rejected
    },
    close() {
      for (const socket of sockets) socket.destroy()
    },
  }
}

test('connections beyond the limit of open files are rejected, logged and counted', async () => {
  using folder = new TemporaryFolder()
  await using registry = await RegistryProcess.start({
    cwd: folder.path,
    db: sqliteUrl(folder.file('a.db')),
    under: ['prlimit', `--nofile=${LIMIT}`],
  })
  const { http, port } = registry
  const linesWith = (text: string) =>
    registry.output.split('\n').filter((line) => line.includes(text))
  expect(linesWith(`limit of ${LIMIT} open files leaves room for`)).toHaveLength(1)
  // This connection stays open and is served throughout.
  expect((await http.send('POST', '/agents/register', registration('a'))).status).toBe(200)

  const crowd = await openConnections(port, 2 * LIMIT)
  await expect.poll(() => crowd.rejected, POLL).toBeGreaterThan(LIMIT)
  await expect.poll(() => linesWith('accepting connections fails'), POLL).toHaveLength(1)
  expect((await http.send('POST', '/agents/register', registration('b'))).status).toBe(200)
  expect((await http.send('POST', '/agents/a/heartbeat')).status).toBe(200)
  crowd.close()

  await expect
    .poll(() => fetch(`${registry.url}/metrics`).catch(() => undefined), POLL)
    .toBeDefined()
  const text = await (await fetch(`${registry.url}/metrics`)).text()
  const rejected = sampleValue(parsePrometheusText(text), 'rollcall_connections_refused_total', {
    reason: 'open_files',
  })
  expect(rejected).toBeGreaterThan(LIMIT)
  expect(linesWith('accepting connections fails')).toHaveLength(1)
})

/** A registry with a low limit of open files. */
async function limitedRegistry(folder: TemporaryFolder) {
  return await RegistryProcess.start({
    cwd: folder.path,
    db: sqliteUrl(folder.file('a.db')),
    under: ['prlimit', `--nofile=${LIMIT}`],
  })
}

async function metric(url: string, name: string, labels = {}): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return sampleValue(parsePrometheusText(text), name, labels)
}

test('a client that holds all connections gives way to agents', async () => {
  using folder = new TemporaryFolder()
  await using registry = await limitedRegistry(folder)
  const { http, port, url } = registry
  expect((await http.send('POST', '/agents/register', registration('a'))).status).toBe(200)
  // An agent whose heartbeats keep its own connection.
  const agent = await openConnections(port, 1, beatOf('a'))
  const crowd = await openConnections(port, LIMIT, HEALTH)
  const closed = () =>
    metric(url, 'rollcall_connections_closed_total', { reason: 'idle' }).catch(() => 0)
  await expect.poll(closed, POLL).toBeGreaterThan(0)
  for (let round = 0; round < 20; round++) {
    await expect.poll(() => beatOnce(port), POLL).toBe('HTTP/1.1 200 OK')
  }
  expect(agent.rejected).toBe(0)
  const limit = await metric(url, 'rollcall_connections_limit')
  expect(limit).toBeLessThan(LIMIT)
  const open = await metric(url, 'rollcall_connections', { kind: 'other' })
  expect(open).toBeLessThanOrEqual(limit)
  agent.close()
  crowd.close()
})

/**
 * Sends one heartbeat on a new connection. Returns the status line, or undefined without a
 * response.
 */
function beatOnce(port: number): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>()
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined).on('close', () => resolve(undefined))
  socket.on('data', (data) => {
    resolve(String(data).split('\r\n', 1)[0])
    socket.destroy()
  })
  socket.write(beatOf('a'))
  return promise
}

test('streams leave connections for agents', async () => {
  using folder = new TemporaryFolder()
  await using registry = await limitedRegistry(folder)
  const { http, port, url } = registry
  expect((await http.send('POST', '/agents/register', registration('a'))).status).toBe(200)
  const limit = await metric(url, 'rollcall_connections_limit')
  const crowd = await openConnections(port, Math.floor(0.8 * limit), STREAM)
  const streams = () => metric(url, 'rollcall_connections', { kind: 'stream' })
  await expect.poll(streams, POLL).toBe(Math.floor(0.8 * limit))
  const rejected = await fetch(`${url}/events`, { headers: { accept: 'text/event-stream' } })
  expect(rejected.status).toBe(503)
  expect(await rejected.json()).toMatchObject({ code: 'OVERLOADED' })
  expect(await beatOnce(port)).toBe('HTTP/1.1 200 OK')
  crowd.close()
})

test('no lease lapses while connections are rejected', async () => {
  using folder = new TemporaryFolder()
  await using registry = await limitedRegistry(folder)
  const { http, port, url } = registry
  for (const id of ['a', 'mute']) {
    const body = { ...registration(id), ttl_seconds: 2 }
    expect((await http.send('POST', '/agents/register', body)).status).toBe(200)
  }
  // Kept, because it has carried a heartbeat.
  await using watcher = await RawConnection.open(url)
  watcher.send(beatOf('a'))
  expect((await watcher.answer()).status).toBe(200)
  // Agents take all connections, so that none is idle, and more keep arriving.
  const agents = await openConnections(port, LIMIT, beatOf('a'))
  const knocking = setInterval(() => connect(port, '127.0.0.1').on('error', () => undefined), 20)
  const held = async () => {
    watcher.send(`GET /metrics ${HEAD}\r\n`)
    const text = String((await watcher.answer()).body)
    return sampleValue(parsePrometheusText(text), 'rollcall_lease_stall_seconds_total', {})
  }
  await expect.poll(held, POLL).toBeGreaterThan(4)
  const { body } = await http.send('GET', '/agents/mute')
  expect(body).toMatchObject({ is_alive: true })
  clearInterval(knocking)
  agents.close()
  // Afterwards leases lapse as usual.
  await expect
    .poll(async () => (await http.send('GET', '/agents/mute')).body, POLL)
    .toMatchObject({ is_alive: false })
})

test('a sufficient limit is not mentioned', async () => {
  using folder = new TemporaryFolder()
  await using registry = await RegistryProcess.start({
    cwd: folder.path,
    db: 'memory:',
    under: ['prlimit', '--nofile=4096'],
  })
  expect(registry.output).not.toContain('open files')
})
