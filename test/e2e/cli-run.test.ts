// `rollcall run` with a real registry and real programs: what the program does is what the registry
// shows and what the exit code says, however the program ends and wherever the registry is.
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { Agent } from '@rollcall/protocol'
import { describe, expect, test } from 'vitest'
import { eventually } from '../http/eventually.ts'
import { RegistryProcess } from './registry-process.ts'
import { runRollcall, spawnRollcall } from './rollcall-command.ts'
import { sqliteUrl, TemporaryFolder } from './temporary-folder.ts'

const NODE = [process.execPath, '-e']
const LIVES = 'setTimeout(() => {}, 60_000)'

/** The exit code of a program that died of a signal, as shells have it. */
const diedOf = { SIGKILL: 128 + 9, SIGTERM: 128 + 15, SIGINT: 128 + 2 }

/** A sidecar that runs in the background. */
class Sidecar implements AsyncDisposable {
  readonly exit: Promise<number | null>
  stderr = ''
  stdout = ''
  readonly #child: ReturnType<typeof spawnRollcall>

  constructor(cwd: string, registryUrl: string, args: readonly string[]) {
    const env = { REGISTRY_URL: registryUrl }
    this.#child = spawnRollcall(['run', '--name', 'test', '--id', 'side', ...args], { cwd, env })
    this.#child.stdout?.on('data', (text: string) => {
      this.stdout += text
    })
    this.#child.stderr?.on('data', (text: string) => {
      this.stderr += text
    })
    this.exit = new Promise((resolve) => this.#child.once('close', (code) => resolve(code)))
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.signal('SIGTERM')
    await this.exit
  }
}

/** The agent of the sidecar as the registry shows it, alive or not; undefined when it is gone. */
async function agentIn(registry: RegistryProcess): Promise<Agent | undefined> {
  const { status, body } = await registry.http.get<Agent>('/agents/side')
  return status === 200 ? body : undefined
}

async function eventTypes(registry: RegistryProcess): Promise<string[]> {
  const { body } = await registry.http.get<{ type: string }[]>('/agents/side/events')
  return body.map(({ type }) => type)
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' ? (address?.port ?? 0) : 0
}

describe('a program that ends', () => {
  test.each([
    { title: 'well', script: 'sleep 1', code: 0 },
    { title: 'with 3', script: 'sleep 1; exit 3', code: 3 },
    { title: 'killed', script: 'sleep 1; kill -9 $$', code: diedOf.SIGKILL },
  ])('$title: its exit code is ours, and the agent is deregistered', async ({ script, code }) => {
    using folder = new TemporaryFolder()
    await using registry = await RegistryProcess.start({ cwd: folder.path, db: 'memory:' })
    await using sidecar = new Sidecar(folder.path, registry.url, ['--', 'sh', '-c', script])
    expect(await sidecar.exit).toBe(code)
    expect(await eventTypes(registry)).toEqual(['registered', 'deregistered'])
    expect(sidecar.stdout).toBe('')
    expect(sidecar.stderr).toMatch(
      /^rollcall: side \(http:[^)]+\) is registered at [^\n]+\nrollcall: side is deregistered\n$/,
    )
  })

  test('has everything that it was given: arguments, environment, output of its own', async () => {
    using folder = new TemporaryFolder()
    await using registry = await RegistryProcess.start({ cwd: folder.path, db: 'memory:' })
    const script = `
      const { AGENT_ID, AGENT_HOST, AGENT_PORT, REGISTRY_URL, MINE } = process.env
      console.log(JSON.stringify([AGENT_ID, AGENT_HOST, AGENT_PORT, REGISTRY_URL, MINE]))
      console.log(JSON.stringify(process.argv.slice(1)))`
    const options = ['--name', 'My Searcher!', '--port', '8123', '--host', 'here']
    const program = [...NODE, script, '--', '--name', 'x', '--']
    const { code, stdout } = await runRollcall(
      ['run', ...options, '--registry', `${registry.url}/`, '--', ...program],
      { cwd: folder.path, env: { MINE: '1' } },
    )
    expect(code).toBe(0)
    const [environment, args] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    const id = expect.stringMatching(/^My-Searcher-[A-Za-z0-9._-]+-\d+$/)
    expect(environment).toEqual([id, 'here', '8123', registry.url, '1'])
    expect(args).toEqual(['--name', 'x', '--'])
  })

  test('needs no -- before it: what follows its name belongs to it', async () => {
    using folder = new TemporaryFolder()
    const program = [...NODE, 'console.log(process.argv.slice(1).join())', 'a', '--port', '-h']
    const args = ['run', '--name', 'x', '--registry', 'http://127.0.0.1:2', ...program]
    const { code, stdout } = await runRollcall(args, { cwd: folder.path })
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'a,--port,-h\n' })
  })

  test('is in the registry with all that was said of it', async () => {
    using folder = new TemporaryFolder()
    await using registry = await RegistryProcess.start({ cwd: folder.path, db: 'memory:' })
    const words = ['--capability', 'search', '--capability', 'rank', '--metadata', 'region=eu']
    const options = ['--host', 'here', '--port', '8123', '--ttl', '30', ...words]
    await using sidecar = new Sidecar(folder.path, registry.url, [...options, '--', ...NODE, LIVES])
    await eventually(() => agentIn(registry)).toMatchObject({
      agent_name: 'test',
      url: 'http://here:8123',
      ttl_seconds: 30,
      capabilities: ['search', 'rank'],
      metadata: { region: 'eu' },
    })
    sidecar.signal('SIGTERM')
    expect(await sidecar.exit).toBe(diedOf.SIGTERM)
    expect(await agentIn(registry)).toBeUndefined()
  })
})

describe.concurrent('a program that cannot be started', () => {
  test.each([
    { program: 'no-such-program', code: 127, told: 'no-such-program: command not found' },
    { program: './no-such-file', code: 127, told: './no-such-file: no such file' },
    { program: './not-executable', code: 126, told: './not-executable: not executable' },
  ])('$program: exit code and line of a shell', async ({ program, code, told }) => {
    using folder = new TemporaryFolder()
    writeFileSync(folder.file('not-executable'), 'echo never')
    // Never asked: nothing is registered that does not run.
    const sidecar = new Sidecar(folder.path, 'http://127.0.0.1:2', ['--', program])
    expect(await sidecar.exit).toBe(code)
    expect(sidecar.stderr).toMatch(/^rollcall: [^\n]+\n$/)
    expect(sidecar.stderr).toContain(told)
  })

  test.each([
    { args: ['--', 'true'], told: '--name' },
    { args: ['--name', 'x'], told: 'command' },
    { args: ['--name', 'x', '--port', '70000', '--', 'true'], told: '--port' },
    { args: ['--name', 'x', '--check', 'udp', '--', 'true'], told: 'tcp' },
    { args: ['--name', 'x', '--metadata', 'region', '--', 'true'], told: 'KEY=VALUE' },
    { args: ['--name', 'x', '--id', '..', '--', 'true'], told: 'agentId' },
  ])('wrong usage exits with 2: $args', async ({ args, told }) => {
    using folder = new TemporaryFolder()
    const { code, stderr, stdout } = await runRollcall(['run', ...args], { cwd: folder.path })
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(told)
  })
})

describe('a signal', () => {
  test('is passed on, a second one too', async () => {
    using folder = new TemporaryFolder()
    const script = `
      let heard = 0
      process.on('SIGINT', () => { console.log('heard', ++heard); if (heard === 2) process.exit(5) })
      console.log('up'); ${LIVES}`
    const sidecar = new Sidecar(folder.path, 'http://127.0.0.1:2', ['--', ...NODE, script])
    await eventually(() => sidecar.stdout).toBe('up\n')
    sidecar.signal('SIGINT')
    await eventually(() => sidecar.stdout).toBe('up\nheard 1\n')
    sidecar.signal('SIGINT')
    expect(await sidecar.exit).toBe(5)
  })

  test('SIGTERM makes the agent draining while its program finishes', async () => {
    using folder = new TemporaryFolder()
    await using registry = await RegistryProcess.start({ cwd: folder.path, db: 'memory:' })
    const script = `process.on('SIGTERM', () => setTimeout(() => process.exit(0), 1500)); ${LIVES}`
    const sidecar = new Sidecar(folder.path, registry.url, ['--', ...NODE, script])
    await eventually(() => agentIn(registry)).toMatchObject({ status: 'ready' })
    sidecar.signal('SIGTERM')
    await eventually(() => agentIn(registry)).toMatchObject({ status: 'draining' })
    expect(await sidecar.exit).toBe(0)
    expect(await agentIn(registry)).toBeUndefined()
  })

  test('SIGTERM that is ignored is followed by SIGKILL', async () => {
    using folder = new TemporaryFolder()
    await using registry = await RegistryProcess.start({ cwd: folder.path, db: 'memory:' })
    const script = `process.on('SIGTERM', () => {}); console.log('up'); ${LIVES}`
    const args = ['--kill-after', '1', '--', ...NODE, script]
    const sidecar = new Sidecar(folder.path, registry.url, args)
    await eventually(() => sidecar.stdout).toBe('up\n')
    await eventually(() => agentIn(registry)).toBeDefined()
    sidecar.signal('SIGTERM')
    expect(await sidecar.exit).toBe(diedOf.SIGKILL)
    expect(sidecar.stderr).toContain('did not end within 1 s of SIGTERM: killing it\n')
    expect(await agentIn(registry)).toBeUndefined()
  })
})

describe('a check', () => {
  test('that is never passed in time ends the program, which was never listed', async () => {
    using folder = new TemporaryFolder()
    await using registry = await RegistryProcess.start({ cwd: folder.path, db: 'memory:' })
    const port = await freePort()
    const args = ['--port', `${port}`, '--check', 'tcp', '--check-timeout', '1']
    const sidecar = new Sidecar(folder.path, registry.url, [...args, '--', ...NODE, LIVES])
    expect(await sidecar.exit).toBe(1)
    expect(sidecar.stderr).toBe(
      `rollcall: side: port ${port} did not answer within 1 s: ending it\n`,
    )
    const { status } = await registry.http.get('/agents/side/events')
    expect(status).toBe(404)
  })

  test('keeps the exit code of a program that ends before it passes', async () => {
    using folder = new TemporaryFolder()
    const args = ['--port', `${await freePort()}`, '--check', 'tcp', '--', 'sh', '-c', 'exit 7']
    const sidecar = new Sidecar(folder.path, 'http://127.0.0.1:2', args)
    expect(await sidecar.exit).toBe(7)
    expect(sidecar.stderr).toBe('')
  })

  test.each(['tcp', 'http'])('by %s comes before registering and each heartbeat', async (kind) => {
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
      setTimeout(open, 1000); ${LIVES}`
    const check = kind === 'tcp' ? 'tcp' : `http://localhost:${port}/`
    const args = ['--port', `${port}`, '--ttl', '3', '--check', check, '--', ...NODE, script]
    await using sidecar = new Sidecar(folder.path, registry.url, args)
    await eventually(() => agentIn(registry)).toMatchObject({ is_alive: true })
    sidecar.signal('SIGUSR2')
    await eventually(async () => (await agentIn(registry))?.is_alive ?? false).toBe(false)
    expect(sidecar.stderr.match(/no heartbeats while the check fails/g)).toHaveLength(1)
    sidecar.signal('SIGUSR2')
    await eventually(() => agentIn(registry)).toMatchObject({ is_alive: true })
    await eventually(() => sidecar.stderr).toContain('the check succeeds again')
  })
})

describe('a registry that', () => {
  test('is away at first does not stop the program, and gets the agent when it comes', async () => {
    using folder = new TemporaryFolder()
    const port = await freePort()
    const url = `http://127.0.0.1:${port}`
    await using sidecar = new Sidecar(folder.path, url, [
      '--',
      ...NODE,
      `console.log('up'); ${LIVES}`,
    ])
    await eventually(() => sidecar.stdout).toBe('up\n')
    await eventually(() => sidecar.stderr).toContain('the registry cannot be reached, trying on')
    const args = ['--port', `${port}`]
    await using registry = await RegistryProcess.start({ cwd: folder.path, db: 'memory:', args })
    await eventually(() => agentIn(registry)).toMatchObject({ is_alive: true })
    await eventually(() => sidecar.stderr).toMatch(
      /^rollcall: the reg[^\n]+\nrollcall: side [^\n]+\n$/,
    )
  })

  test('never comes lets the program end with its own exit code', async () => {
    using folder = new TemporaryFolder()
    const args = ['--', 'sh', '-c', 'sleep 0.5; exit 4']
    const sidecar = new Sidecar(folder.path, 'http://127.0.0.1:2', args)
    expect(await sidecar.exit).toBe(4)
    expect(sidecar.stderr).toMatch(/^rollcall: the registry cannot be reached, [^\n]+\n$/)
  })

  test('is away at the end is not said to have been told', async () => {
    using folder = new TemporaryFolder()
    const registry = await RegistryProcess.start({ cwd: folder.path, db: 'memory:' })
    const sidecar = new Sidecar(folder.path, registry.url, ['--', ...NODE, LIVES])
    await eventually(() => sidecar.stderr).toContain('is registered')
    await registry.kill()
    sidecar.signal('SIGTERM')
    expect(await sidecar.exit).toBe(diedOf.SIGTERM)
    expect(sidecar.stderr).not.toContain('deregistered')
  })

  test('was killed and lost its file has the agent again within a heartbeat', async () => {
    using folder = new TemporaryFolder()
    const first = await RegistryProcess.start({
      cwd: folder.path,
      db: sqliteUrl(folder.file('first.db')),
    })
    const args = ['--ttl', '3', '--', ...NODE, LIVES]
    const sidecar = new Sidecar(folder.path, first.url, args)
    await eventually(() => agentIn(first)).toMatchObject({ is_alive: true })
    await first.kill()
    await eventually(() => sidecar.stderr).toContain('cannot be reached')
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
