// The log as collectors read it: one JSON object per line.
import { expect, test } from 'vitest'
import { RegistryProcess } from './support/registry-process.ts'
import { TemporaryFolder } from './support/temporary-folder.ts'

test('each line has an ISO time and the name of its level', async () => {
  using folder = new TemporaryFolder()
  await using registry = await RegistryProcess.start({ cwd: folder.path, db: 'memory:' })
  await registry.stop()
  const lines = logLines(registry)
  expect(lines.length).toBeGreaterThan(1)
  for (const { level, time } of lines) {
    expect(level).toBe('info')
    expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  }
})

test('at level debug every request is logged, including plain heartbeats and aborted requests', async () => {
  using folder = new TemporaryFolder()
  const args = ['--log-level', 'debug']
  await using registry = await RegistryProcess.start({ cwd: folder.path, db: 'memory:', args })
  const send = (method: string, path: string, body?: object) =>
    fetch(registry.url + path, {
      method,
      headers: {
        'x-request-id': `${method}-1`,
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    })
  const agent = { agent_id: 'a', agent_name: 'A', host: '10.0.0.7', port: 8000 }
  await send('POST', '/agents/register', agent)
  await send('POST', '/agents/a/heartbeat')
  await send('POST', '/agents/b/heartbeat')
  const list = await send('GET', '/agents?q=secret&metadata.token=secret')
  expect(list.status).toBe(200)
  await send('GET', '/agents/a?token=secret')
  const aborted = new AbortController()
  const stream = await fetch(`${registry.url}/events?snapshot=true`, { signal: aborted.signal })
  await stream.body?.getReader().read()
  aborted.abort()
  await expect.poll(() => requestsIn(registry).length).toBe(6)
  const peer = expect.stringMatching(/^(::ffff:)?127\.0\.0\.1$/)
  const line = (method: string, path: string, status: number, msg = 'request') =>
    expect.objectContaining({ level: 'debug', method, path, status, msg, peer })
  expect(requestsIn(registry)).toEqual([
    line('POST', '/agents/register', 200),
    line('POST', '/agents/a/heartbeat', 200),
    line('POST', '/agents/b/heartbeat', 404),
    line('GET', '/agents', 200),
    line('GET', '/agents/a', 200),
    line('GET', '/events', 200, 'request aborted'),
  ])
  const named = requestsIn(registry).filter(({ requestId }) =>
    /^(POST|GET)-1$/.test(`${requestId}`),
  )
  expect(named).toHaveLength(5)
  for (const { ms } of requestsIn(registry)) expect(ms).toBeGreaterThan(0)
  expect(registry.output).not.toContain('secret')
})

test('at level info no request is logged', async () => {
  using folder = new TemporaryFolder()
  await using registry = await RegistryProcess.start({ cwd: folder.path, db: 'memory:' })
  await fetch(`${registry.url}/agents`)
  await registry.stop()
  expect(requestsIn(registry)).toEqual([])
})

function requestsIn(registry: RegistryProcess): Record<string, unknown>[] {
  return logLines(registry).filter(({ msg }) => String(msg).startsWith('request'))
}

function logLines(registry: RegistryProcess): Record<string, unknown>[] {
  // The last line may be incomplete.
  return registry.output
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line))
}
