// `rollcall run` registers its program once its check passes and the registry is reachable, and
// handles failures of either.
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { eventually } from '../http/support/eventually.ts'
import { freePort } from '../postgres/support/free-port.ts'
import { RegistryProcess } from './support/registry-process.ts'
import { agentIn, diedOf, eventTypes, LONG_RUNNING, NODE, Sidecar } from './support/sidecar.ts'
import { sqliteUrl, TemporaryFolder } from './support/temporary-folder.ts'

describe('a check', () => {
  test('that does not pass in time terminates the program, which is never listed', async () => {
    using folder = new TemporaryFolder()
    await using registry = await RegistryProcess.start({ cwd: folder.path, db: 'memory:' })
    const port = await freePort()
    const args = ['--port', `${port}`, '--check', 'tcp', '--check-timeout', '1']
    const sidecar = new Sidecar(folder.path, registry.url, [...args, '--', ...NODE, LONG_RUNNING])
    expect(await sidecar.exit).toBe(1)
    expect(sidecar.stderr).toBe(
      `rollcall: side: port ${port} did not pass within 1 s: terminating\n`,
    )
    const { status } = await registry.http.get('/agents/side/events')
    expect(status).toBe(404)
  })

  test('preserves the exit code of a program that exits before it passes', async () => {
    using folder = new TemporaryFolder()
    const args = ['--port', `${await freePort()}`, '--check', 'tcp', '--', 'sh', '-c', 'exit 7']
    const sidecar = new Sidecar(folder.path, 'http://127.0.0.1:2', args)
    expect(await sidecar.exit).toBe(7)
    expect(sidecar.stderr).toBe('')
  })

  test.each(['tcp', 'http'])('by %s delays the registration, and is repeated', async (kind) => {
    using folder = new TemporaryFolder()
    await using registry = await RegistryProcess.start({ cwd: folder.path, db: 'memory:' })
    const port = await freePort()
    // Opens its port after 1 s; SIGUSR2 closes it, and opens it again.
    const script = `
      const server = require('node:http').createServer((request, response) => response.end('ok'))
      const open = () => server.listen(${port})
      process.on('SIGUSR2', () => {
        if (!server.listening) return open()
        server.close()
        server.closeAllConnections()
      })
      setTimeout(open, 1000); ${LONG_RUNNING}`
    const check = kind === 'tcp' ? 'tcp' : `http://localhost:${port}/`
    const args = ['--port', `${port}`, '--ttl', '3', '--check', check, '--', ...NODE, script]
    await using sidecar = new Sidecar(folder.path, registry.url, args)
    await eventually(() => agentIn(registry)).toMatchObject({ is_alive: true })
    sidecar.signal('SIGUSR2')
    await eventually(async () => (await agentIn(registry))?.is_alive ?? false).toBe(false)
    expect(sidecar.stderr.match(/no heartbeats while the check fails/g)).toHaveLength(1)
    sidecar.signal('SIGUSR2')
    await eventually(() => agentIn(registry)).toMatchObject({ is_alive: true })
    await eventually(() => sidecar.stderr).toContain('the check passes again')
  })
})

test('a check that is slower than the lease delays no heartbeat', async () => {
  using folder = new TemporaryFolder()
  await using registry = await RegistryProcess.start({ cwd: folder.path, db: 'memory:' })
  const port = await freePort()
  // Responds immediately to the first request, and after 4 s to later ones.
  const script = `
    let requests = 0
    require('node:http').createServer((request, response) => {
      setTimeout(() => response.end('ok'), requests++ ? 4000 : 0)
    }).listen(${port})`
  const check = ['--check', `http://localhost:${port}/`, '--check-limit', '5']
  const args = ['--port', `${port}`, '--ttl', '3', ...check, '--', ...NODE, script]
  await using sidecar = new Sidecar(folder.path, registry.url, args)
  await eventually(() => agentIn(registry)).toMatchObject({ is_alive: true })
  const end = performance.now() + 6000
  while (performance.now() < end) {
    expect(await agentIn(registry)).toMatchObject({ is_alive: true })
    await sleep(100)
  }
  expect(await eventTypes(registry)).toEqual(['registered'])
  expect(sidecar.stderr).not.toContain('check')
})

describe('a registry that', () => {
  test('is unreachable at first does not stop the program, and gets the agent later', async () => {
    using folder = new TemporaryFolder()
    const port = await freePort()
    const url = `http://127.0.0.1:${port}`
    await using sidecar = new Sidecar(folder.path, url, [
      '--',
      ...NODE,
      `console.log('up'); ${LONG_RUNNING}`,
    ])
    await eventually(() => sidecar.stdout).toBe('up\n')
    await eventually(() => sidecar.stderr).toContain('the registry is unreachable, retrying')
    const args = ['--port', `${port}`]
    await using registry = await RegistryProcess.start({ cwd: folder.path, db: 'memory:', args })
    await eventually(() => agentIn(registry)).toMatchObject({ is_alive: true })
    await eventually(() => sidecar.stderr).toMatch(
      /^rollcall: the reg[^\n]+\nrollcall: side [^\n]+\n$/,
    )
  })

  test('is never reachable does not change the exit code', async () => {
    using folder = new TemporaryFolder()
    const args = ['--', 'sh', '-c', 'sleep 0.5; exit 4']
    const sidecar = new Sidecar(folder.path, 'http://127.0.0.1:2', args)
    expect(await sidecar.exit).toBe(4)
    expect(sidecar.stderr).toMatch(/^rollcall: the registry is unreachable, [^\n]+\n$/)
  })

  test('is unreachable at the end causes no notice about deregistration', async () => {
    using folder = new TemporaryFolder()
    const registry = await RegistryProcess.start({ cwd: folder.path, db: 'memory:' })
    const sidecar = new Sidecar(folder.path, registry.url, ['--', ...NODE, LONG_RUNNING])
    await eventually(() => sidecar.stderr).toContain('is registered')
    await registry.kill()
    sidecar.signal('SIGTERM')
    expect(await sidecar.exit).toBe(diedOf.SIGTERM)
    expect(sidecar.stderr).not.toContain('deregistered')
  })

  test('was killed and lost its file has the agent again after a heartbeat', async () => {
    using folder = new TemporaryFolder()
    const first = await RegistryProcess.start({
      cwd: folder.path,
      db: sqliteUrl(folder.file('first.db')),
    })
    const args = ['--ttl', '3', '--', ...NODE, LONG_RUNNING]
    const sidecar = new Sidecar(folder.path, first.url, args)
    await eventually(() => agentIn(first)).toMatchObject({ is_alive: true })
    await first.kill()
    await eventually(() => sidecar.stderr).toContain('is unreachable')
    await using second = await RegistryProcess.start({
      cwd: folder.path,
      db: sqliteUrl(folder.file('empty.db')),
      args: ['--port', `${first.port}`],
    })
    await eventually(() => agentIn(second)).toMatchObject({ is_alive: true })
    await eventually(() => sidecar.stderr).toContain('side is registered again')
    sidecar.signal('SIGTERM')
    expect(await sidecar.exit).toBe(diedOf.SIGTERM)
    expect(await eventTypes(second)).toContain('deregistered')
  })
})
