// `rollcall run` with real programs: registration, environment, signals and exit codes.
import { writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { eventually } from '../http/support/eventually.ts'
import { RegistryProcess } from './support/registry-process.ts'
import { runRollcall } from './support/rollcall-command.ts'
import { agentIn, diedOf, eventTypes, LONG_RUNNING, NODE, Sidecar } from './support/sidecar.ts'
import { TemporaryFolder } from './support/temporary-folder.ts'

describe('a program that exits', () => {
  test.each([
    { title: 'with 0', script: 'sleep 1', code: 0 },
    { title: 'with 3', script: 'sleep 1; exit 3', code: 3 },
    { title: 'killed', script: 'sleep 1; kill -9 $$', code: diedOf.SIGKILL },
  ])(
    '$title: its exit code is returned, and the agent is deregistered',
    async ({ script, code }) => {
      using folder = new TemporaryFolder()
      await using registry = await RegistryProcess.start({ cwd: folder.path, db: 'memory:' })
      await using sidecar = new Sidecar(folder.path, registry.url, ['--', 'sh', '-c', script])
      expect(await sidecar.exit).toBe(code)
      expect(await eventTypes(registry)).toEqual(['registered', 'deregistered'])
      expect(sidecar.stdout).toBe('')
      expect(sidecar.stderr).toMatch(
        /^rollcall: side \(http:[^)]+\) is registered at [^\n]+\nrollcall: side is deregistered\n$/,
      )
    },
  )

  test('receives its arguments and environment, and inherits stdout', async () => {
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
    const id = expect.stringMatching(/^My-Searcher-[A-Za-z0-9._-]+-[0-9a-f]{8}$/)
    expect(environment).toEqual([id, 'here', '8123', registry.url, '1'])
    expect(args).toEqual(['--name', 'x', '--'])
  })

  test('needs no -- before it: arguments after its name belong to it', async () => {
    using folder = new TemporaryFolder()
    const program = [...NODE, 'console.log(process.argv.slice(1).join())', 'a', '--port', '-h']
    const args = ['run', '--name', 'x', '--registry', 'http://127.0.0.1:2', ...program]
    const { code, stdout } = await runRollcall(args, { cwd: folder.path })
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'a,--port,-h\n' })
  })

  test('is registered with all options', async () => {
    using folder = new TemporaryFolder()
    await using registry = await RegistryProcess.start({ cwd: folder.path, db: 'memory:' })
    const options = ['--capability', 'search', '--capability', 'rank', '--metadata', 'region=eu']
    options.push('--metadata', '{"gpu": {"count": 2}}', '--agent-version', '1.2.0')
    options.push('--url', 'https://here.example/x')
    const all = ['--host', 'here', '--port', '8123', '--ttl', '30', ...options]
    await using sidecar = new Sidecar(folder.path, registry.url, [
      ...all,
      '--',
      ...NODE,
      LONG_RUNNING,
    ])
    await eventually(() => agentIn(registry)).toMatchObject({
      agent_name: 'test',
      host: 'here',
      port: 8123,
      url: 'https://here.example/x',
      version: '1.2.0',
      ttl_seconds: 30,
      capabilities: ['search', 'rank'],
      metadata: { region: 'eu', gpu: { count: 2 } },
    })
    sidecar.signal('SIGTERM')
    expect(await sidecar.exit).toBe(diedOf.SIGTERM)
    expect(await agentIn(registry)).toBeUndefined()
  })
})

describe('the environment', () => {
  const print = (...names: string[]) => [
    ...NODE,
    `console.log(JSON.stringify(${JSON.stringify(names)}.map((name) => process.env[name])))`,
  ]
  const runWith = async (env: Record<string, string>, args: string[], names: string[]) => {
    using folder = new TemporaryFolder()
    const run = ['run', '--name', 'x', '--registry', 'http://127.0.0.1:2', ...args]
    const all = [...run, '--', ...print(...names)]
    const { code, stdout, stderr } = await runRollcall(all, { cwd: folder.path, env })
    return { code, stderr, values: stdout === '' ? undefined : JSON.parse(stdout) }
  }

  test('contains the port under both names, also a free port that was chosen', async () => {
    const names = ['PORT', 'AGENT_PORT']
    expect((await runWith({}, ['--port', '8123'], names)).values).toEqual(['8123', '8123'])
    expect((await runWith({ PORT: '7001' }, [], names)).values).toEqual(['7001', '7001'])
    const env = { AGENT_PORT: '7002', PORT: '7001' }
    expect((await runWith(env, [], names)).values).toEqual(['7002', '7002'])
    const [port, same] = (await runWith({}, ['--port', '0'], names)).values
    expect(Number(port)).toBeGreaterThan(1023)
    expect(same).toBe(port)
  })

  test('sets the agent id, unless an option does', async () => {
    const env = { AGENT_ID: 'mine', POD_NAME: 'pod-1' }
    expect((await runWith(env, [], ['AGENT_ID'])).values).toEqual(['mine'])
    expect((await runWith(env, ['--id', 'other'], ['AGENT_ID'])).values).toEqual(['other'])
    expect((await runWith({ POD_NAME: 'pod-1' }, [], ['AGENT_ID'])).values).toEqual(['x-pod-1'])
  })

  test('contains the host: the pod IP on Kubernetes, otherwise the address of this machine', async () => {
    const host = ['AGENT_HOST']
    expect((await runWith({ POD_IP: '10.1.2.3' }, [], host)).values).toEqual(['10.1.2.3'])
    // The registry is on this machine.
    expect((await runWith({}, [], host)).values).toEqual(['127.0.0.1'])
  })

  test.each([
    [{ AGENT_ID: '..' }, 'AGENT_ID is ".."'],
    [{ PORT: 'http' }, 'PORT is "http"'],
  ])('with an invalid value is a usage error: %j', async (env, message) => {
    const { code, stderr, values } = await runWith(env, [], [])
    expect({ code, values }).toEqual({ code: 2, values: undefined })
    expect(stderr).toContain(message)
  })
})

test('--json prints notices as JSON lines', async () => {
  using folder = new TemporaryFolder()
  await using registry = await RegistryProcess.start({ cwd: folder.path, db: 'memory:' })
  await using sidecar = new Sidecar(folder.path, registry.url, ['--json', '--', 'sleep', '0.5'])
  await sidecar.exit
  const notices = sidecar.stderr
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  const notice = { time: expect.stringMatching(/Z$/), agent_id: 'side' }
  expect(notices).toEqual([
    { ...notice, event: 'registered', message: expect.stringContaining(registry.url) },
    { ...notice, event: 'deregistered', message: 'side is deregistered' },
  ])
})

describe.concurrent('a program that cannot be started', () => {
  test.each([
    { program: 'no-such-program', code: 127, message: 'no-such-program: command not found' },
    { program: './no-such-file', code: 127, message: './no-such-file: no such file' },
    { program: './not-executable', code: 126, message: './not-executable: not executable' },
  ])('$program: exit code and message as in a shell', async ({ program, code, message }) => {
    using folder = new TemporaryFolder()
    writeFileSync(folder.file('not-executable'), 'echo never')
    // Never called: only a running program is registered.
    const sidecar = new Sidecar(folder.path, 'http://127.0.0.1:2', ['--', program])
    expect(await sidecar.exit).toBe(code)
    expect(sidecar.stderr).toMatch(/^rollcall: [^\n]+\n$/)
    expect(sidecar.stderr).toContain(message)
  })

  test.each([
    { args: ['--', 'true'], message: '--name' },
    { args: ['--name', 'x'], message: 'command' },
    { args: ['--name', 'x', '--port', '70000', '--', 'true'], message: '--port' },
    { args: ['--name', 'x', '--check', 'udp', '--', 'true'], message: 'tcp' },
    { args: ['--name', 'x', '--metadata', 'region', '--', 'true'], message: 'KEY=VALUE' },
    { args: ['--name', 'x', '--id', '..', '--', 'true'], message: 'must be letters, digits' },
    { args: ['--name', 'x', '--metadata', '{"a":', '--', 'true'], message: 'JSON' },
  ])('a usage error exits with 2: $args', async ({ args, message }) => {
    using folder = new TemporaryFolder()
    const { code, stderr, stdout } = await runRollcall(['run', ...args], { cwd: folder.path })
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(message)
  })
})

describe('a signal', () => {
  test('is forwarded, also a second one', async () => {
    using folder = new TemporaryFolder()
    const script = `
      let received = 0
      process.on('SIGINT', () => { console.log('received', ++received); if (received === 2) process.exit(5) })
      console.log('up'); ${LONG_RUNNING}`
    const sidecar = new Sidecar(folder.path, 'http://127.0.0.1:2', ['--', ...NODE, script])
    await eventually(() => sidecar.stdout).toBe('up\n')
    sidecar.signal('SIGINT')
    await eventually(() => sidecar.stdout).toBe('up\nreceived 1\n')
    sidecar.signal('SIGINT')
    expect(await sidecar.exit).toBe(5)
  })

  test('SIGTERM sets the agent to draining while its program shuts down', async () => {
    using folder = new TemporaryFolder()
    await using registry = await RegistryProcess.start({ cwd: folder.path, db: 'memory:' })
    const end = "process.on('SIGTERM', () => setTimeout(() => process.exit(0), 1500))"
    const script = `${end}; console.log('up'); ${LONG_RUNNING}`
    const sidecar = new Sidecar(folder.path, registry.url, ['--', ...NODE, script])
    await eventually(() => sidecar.stdout).toBe('up\n')
    await eventually(() => agentIn(registry)).toMatchObject({ status: 'ready' })
    sidecar.signal('SIGTERM')
    await eventually(() => agentIn(registry)).toMatchObject({ status: 'draining' })
    expect(await sidecar.exit).toBe(0)
    expect(await agentIn(registry)).toBeUndefined()
  })

  test('SIGTERM that is ignored is followed by SIGKILL', async () => {
    using folder = new TemporaryFolder()
    await using registry = await RegistryProcess.start({ cwd: folder.path, db: 'memory:' })
    const script = `process.on('SIGTERM', () => {}); console.log('up'); ${LONG_RUNNING}`
    const args = ['--kill-after', '1', '--', ...NODE, script]
    const sidecar = new Sidecar(folder.path, registry.url, args)
    await eventually(() => sidecar.stdout).toBe('up\n')
    await eventually(() => agentIn(registry)).toBeDefined()
    sidecar.signal('SIGTERM')
    expect(await sidecar.exit).toBe(diedOf.SIGKILL)
    expect(sidecar.stderr).toContain('did not exit within 1 s of SIGTERM: killing it\n')
    expect(await agentIn(registry)).toBeUndefined()
  })
})
