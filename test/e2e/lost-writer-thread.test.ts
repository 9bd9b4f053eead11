// The thread that writes the file terminates: the registry continues with another one, or exits so
// that a supervisor restarts it.
import { rmSync } from 'node:fs'
import type { Agent, ProblemDetails } from '@rollcall/protocol'
import { expect, test, vi } from 'vitest'
import { registration } from './support/http-client.ts'
import { RegistryProcess } from './support/registry-process.ts'
import { sqliteUrl, TemporaryFolder } from './support/temporary-folder.ts'

const POLL = { timeout: 30_000, interval: 20 }

/** Preloaded into the registry: on SIGUSR2 the last thread terminates as if it had crashed. */
const END_THREAD = `
  let thread
  process.on('worker', (worker) => { thread = worker })
  process.on('SIGUSR2', () => thread.terminate().then(() => console.log('thread ended')))`

function start(folder: TemporaryFolder) {
  const hook = `data:text/javascript,${encodeURIComponent(END_THREAD)}`
  const db = sqliteUrl(folder.file('a.db'))
  return RegistryProcess.start({
    cwd: folder.path,
    db,
    node: [process.execPath, '--import', hook],
  })
}

test.concurrent('with its file in place, another thread takes over and the log says so', async () => {
  using folder = new TemporaryFolder()
  await using registry = await start(folder)
  const { http } = registry
  const register = (id: string) => http.send('POST', '/agents/register', registration(id))
  expect((await register('a')).status).toBe(200)
  registry.signal('SIGUSR2')
  await vi.waitFor(() => expect(registry.output).toContain('thread ended'), POLL)
  expect((await register('b')).status).toBe(200)
  expect((await http.get('/health/live')).status).toBe(200)
  const readiness = async () => expect((await http.get('/health/ready')).status).toBe(200)
  await vi.waitFor(readiness, POLL)
  expect(registry.output).toContain('ended and was replaced')
  expect(await registry.stop()).toEqual({ code: 0, signal: null })
  await using again = await start(folder)
  const { body } = await again.http.get<Agent[]>('/agents')
  expect(body.map(({ agent_id }) => agent_id)).toEqual(['a', 'b'])
})

test.concurrent('without its file, the process exits with an error that says why', async () => {
  using folder = new TemporaryFolder()
  await using registry = await start(folder)
  const { http } = registry
  expect((await http.send('POST', '/agents/register', registration('a'))).status).toBe(200)
  rmSync(folder.file('a.db'))
  registry.signal('SIGUSR2')
  const responses: (ProblemDetails | Agent)[] = []
  // Until the process has exited, no request is acknowledged.
  for (let turn = 0; ; turn++) {
    const path = '/agents/register'
    const response = await http
      .send<ProblemDetails | Agent>('POST', path, registration(`b${turn}`))
      .catch(() => undefined)
    if (response === undefined) break
    responses.push(response.body)
    expect(response.status).toBe(503)
  }
  expect(await registry.exit).toEqual({ code: 1, signal: null })
  expect(registry.output).toMatch(/"level":"fatal".*the store was lost.*Restart the registry/)
})
