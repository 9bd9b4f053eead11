// More connections than the process may have open files: those beyond are refused, which the log
// and a metric say, and all others are served. Linux only: it takes `prlimit`.
import { connect, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { parsePrometheusText, sampleValue } from '../http/prometheus-text.ts'
import { registration } from './http-client.ts'
import { RegistryProcess } from './registry-process.ts'
import { sqliteUrl, TemporaryFolder } from './temporary-folder.ts'

const LIMIT = 200
const PATIENCE = { timeout: 30_000, interval: 50 }

/** Opens connections that send nothing. Gives those that stay open, and how many did not. */
async function openConnections(port: number, count: number) {
  const sockets: Socket[] = []
  let refused = 0
  await Promise.all(
    Array.from({ length: count }, async () => {
      const socket = connect(port, '127.0.0.1')
      sockets.push(socket)
      socket.on('error', () => undefined).on('close', () => refused++)
      await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve))
    }),
  )
  return {
    get refused() {
      return refused
    },
    close() {
      for (const socket of sockets) socket.destroy()
    },
  }
}

test('connections beyond the limit of open files are refused, logged and counted', async () => {
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
  // This connection stays; it is served whatever the others do.
  expect((await http.send('POST', '/agents/register', registration('a'))).status).toBe(200)

  const crowd = await openConnections(port, 2 * LIMIT)
  await expect.poll(() => crowd.refused, PATIENCE).toBeGreaterThan(LIMIT)
  await expect.poll(() => linesWith('accepting connections fails'), PATIENCE).toHaveLength(1)
  expect((await http.send('POST', '/agents/register', registration('b'))).status).toBe(200)
  expect((await http.send('POST', '/agents/a/heartbeat')).status).toBe(200)
  crowd.close()

  await expect
    .poll(() => fetch(`${registry.url}/metrics`).catch(() => undefined), PATIENCE)
    .toBeDefined()
  const text = await (await fetch(`${registry.url}/metrics`)).text()
  const refused = sampleValue(parsePrometheusText(text), 'rollcall_connections_refused_total', {
    reason: 'open_files',
  })
  expect(refused).toBeGreaterThan(LIMIT)
  expect(linesWith('accepting connections fails')).toHaveLength(1)
})

test('a limit that is high enough is not mentioned', async () => {
  using folder = new TemporaryFolder()
  await using registry = await RegistryProcess.start({
    cwd: folder.path,
    db: 'memory:',
    under: ['prlimit', '--nofile=4096'],
  })
  expect(registry.output).not.toContain('open files')
})
