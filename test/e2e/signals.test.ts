// The signals that users, terminals and supervisors send: none of them ends the registry before
// everything is written.
import { connect } from 'node:net'
import type { Agent, HeartbeatReceipt } from '@rollcall/protocol'
import { describe, expect, test, vi } from 'vitest'
import { registration } from './support/http-client.ts'
import { RegistryProcess } from './support/registry-process.ts'
import { sqliteUrl, TemporaryFolder } from './support/temporary-folder.ts'

const POLL = { timeout: 30_000, interval: 20 }
/** The flush interval is a minute, so the shutdown has to write the heartbeats. */
const ARGS = ['--heartbeat-flush-interval', '60']

interface LaunchOptions {
  readonly under?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** How a process can detect that `nohup` has started it. */
const TRACES_OF_NOHUP: Readonly<Record<string, LaunchOptions>> = {
  'a shell that sets the variable _': { under: ['nohup'], env: { _: '/usr/bin/nohup' } },
  // In place of a terminal.
  'a stdin open for writing': {
    under: ['bash', '-c', 'exec nohup "$@" 0>/dev/null', 'bash'],
  },
}

/** Starts a registry with an agent whose last heartbeat is only in memory. */
async function start(folder: TemporaryFolder, setting: LaunchOptions = {}) {
  const options = { cwd: folder.path, db: sqliteUrl(folder.file('a.db')), args: ARGS }
  const registry = await RegistryProcess.start({ ...options, ...setting })
  await registry.http.send('POST', '/agents/register', registration('a'))
  const path = '/agents/a/heartbeat'
  const beat = await registry.http.send<HeartbeatReceipt>('POST', path, { load: 0.7 })
  return { registry, options, heartbeat: beat.body.last_heartbeat }
}

describe.concurrent.each(['SIGHUP', 'SIGQUIT'] as const)('%s', (signal) => {
  test('shuts the registry down gracefully: the last heartbeat is written', async () => {
    using folder = new TemporaryFolder()
    const { registry, options, heartbeat } = await start(folder)
    await using _ending = registry
    registry.signal(signal)
    expect(await registry.exit).toEqual({ code: 0, signal: null })
    registry.http.close()
    expect(registry.output).toContain(`${signal}: stopping`)
    await using again = await RegistryProcess.start(options)
    const { body } = await again.http.get<Agent>('/agents/a')
    expect(body).toMatchObject({ load: 0.7, last_heartbeat: heartbeat })
  })
})

test.concurrent('SIGQUIT waits for no client', async () => {
  using folder = new TemporaryFolder()
  const { registry } = await start(folder)
  await using _ending = registry
  const socket = connect(registry.port, '127.0.0.1')
  socket.on('error', () => undefined)
  // An incomplete request: SIGTERM gives it three seconds.
  socket.write('POST /agents/register HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n{')
  // Once this has its response, the other was read.
  await registry.http.get('/health')
  registry.signal('SIGQUIT')
  expect(await registry.exit).toEqual({ code: 0, signal: null })
  const lines = registry.output.trim().split('\n').slice(-2)
  const [stopping = {}, stopped = {}] = lines.map((line): { time?: string } => JSON.parse(line))
  expect(Date.parse(stopped.time ?? '') - Date.parse(stopping.time ?? '')).toBeLessThan(3_000)
  socket.destroy()
  registry.http.close()
})

test.concurrent.each(Object.keys(TRACES_OF_NOHUP))(
  'SIGHUP does not end a registry that nohup has started, detected by %s',
  async (trace) => {
    using folder = new TemporaryFolder()
    const { registry } = await start(folder, TRACES_OF_NOHUP[trace])
    await using _ending = registry
    registry.signal('SIGHUP')
    await vi.waitFor(() => expect(registry.output).toContain('SIGHUP: ignored'), POLL)
    expect((await registry.http.send('POST', '/agents/a/heartbeat')).status).toBe(200)
    expect(await registry.stop()).toEqual({ code: 0, signal: null })
  },
)

test.concurrent('SIGUSR1 logs diagnostics, and opens no debugger', async () => {
  using folder = new TemporaryFolder()
  const { registry } = await start(folder)
  await using _ending = registry
  registry.signal('SIGUSR1')
  await vi.waitFor(() => expect(registry.output).toContain('SIGUSR1: statistics'), POLL)
  expect((await registry.http.send('POST', '/agents/a/heartbeat')).status).toBe(200)
  expect(registry.output).toMatch(/"commits":1,.*"rss":\d+/)
  expect(registry.output).not.toContain('Debugger')
  expect(await registry.stop()).toEqual({ code: 0, signal: null })
})
