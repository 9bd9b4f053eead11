// How the command finds and reaches the registry.
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CliSession } from './support/cli-session.ts'
import { runRollcall, spawnRollcall } from './support/rollcall-command.ts'
import { TemporaryFolder } from './support/temporary-folder.ts'

const UNREACHABLE = 'http://127.0.0.1:2'

let cli: CliSession
beforeAll(async () => {
  cli = await CliSession.start()
})
afterAll(() => cli[Symbol.asyncDispose]())

/** Runs `rollcall health` in a folder with a configuration file. */
async function healthWithConfig(file: string, env = {}, ...args: string[]) {
  using folder = new TemporaryFolder()
  writeFileSync(folder.file('rollcall.config.json'), file)
  return await runRollcall(['health', ...args], { cwd: folder.path, env })
}

describe.concurrent('several addresses', () => {
  const several = () => `${UNREACHABLE},${cli.registry.url}/`

  test('are used for failover by every command', async () => {
    using folder = new TemporaryFolder()
    const env = { REGISTRY_URL: several() }
    for (const args of [['health'], ['list'], ['doctor'], ['register', 'of-several']]) {
      const { code, stderr } = await runRollcall(args, { cwd: folder.path, env })
      expect({ args, code, stderr }).toEqual({ args, code: 0, stderr: '' })
    }
    const file = await healthWithConfig(`{"registry": "${several()}"}`)
    expect(file).toMatchObject({ code: 0 })
    expect(file.stdout).toContain(`registry\t${UNREACHABLE},${cli.registry.url}\n`)
  })

  test('are passed to a program of run', async () => {
    using folder = new TemporaryFolder()
    const program = ['--', 'sh', '-c', 'echo $REGISTRY_URL']
    const { code, stdout } = await runRollcall(['run', '--name', 'x', ...program], {
      cwd: folder.path,
      env: { REGISTRY_URL: several() },
    })
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${UNREACHABLE},${cli.registry.url}\n` })
  })

  test.each(['ECONNREFUSED', 'ENOTFOUND'])(
    'are all printed if none is reachable: %s',
    async (reason) => {
      using folder = new TemporaryFolder()
      const url = reason === 'ENOTFOUND' ? 'http://registry.invalid:9000' : 'http://127.0.0.1:3'
      const { code, stderr } = await runRollcall(['list'], {
        cwd: folder.path,
        env: { REGISTRY_URL: `${UNREACHABLE},${url}` },
      })
      expect(code).toBe(1)
      expect(stderr).toContain(`${UNREACHABLE},${url}`)
    },
  )

  test('with an invalid one are a usage error', async () => {
    const { code, stderr } = await healthWithConfig(
      '{}',
      {},
      '--registry',
      `${UNREACHABLE}, localhost`,
    )
    expect(code).toBe(2)
    expect(stderr).toContain('must begin with http:// or https://')
  })
})

describe.concurrent('the configuration file', () => {
  test('sets the registry', async () => {
    const { code, stdout } = await healthWithConfig(`{"registry": "${cli.registry.url}/"}`)
    expect(code).toBe(0)
    expect(stdout).toContain(`registry\t${cli.registry.url}\n`)
  })

  test('is overridden by REGISTRY_URL, and that by --registry', async () => {
    const env = { REGISTRY_URL: cli.registry.url }
    expect(await healthWithConfig(`{"registry": "${UNREACHABLE}"}`, env)).toMatchObject({ code: 0 })
    const { stderr } = await healthWithConfig('{}', env, '--registry', UNREACHABLE)
    expect(stderr).toContain(`cannot reach ${UNREACHABLE}`)
  })

  test.each([
    ['{"registry": "localhost"}', '"registry" in rollcall.config.json must begin with http'],
    ['{"registry": ', 'the configuration file rollcall.config.json cannot be read'],
    ['{"port": "many"}', '"port" in rollcall.config.json must be a whole number from 0 to 65535'],
    ['[]', 'the configuration file rollcall.config.json is not a JSON object'],
  ])('that is invalid (%s) is an error', async (file, message) => {
    const { code, stdout, stderr } = await healthWithConfig(file)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(message)
    // The file is not needed if the registry is set otherwise.
    expect((await healthWithConfig(file, { REGISTRY_URL: cli.registry.url })).code).toBe(0)
  })

  test('sets where serve listens, and other commands use that address', async () => {
    const port = cli.registry.port
    const found = await healthWithConfig(`{"port": ${port}, "host": "0.0.0.0"}`)
    expect(found).toMatchObject({ code: 0, stderr: '' })
    expect(found.stdout).toContain(`registry\thttp://localhost:${port}\n`)
    // "registry" takes precedence, and the environment over the file.
    const named = await healthWithConfig(`{"port": ${port}, "registry": "${UNREACHABLE}"}`)
    expect(named.stderr).toContain(`cannot reach ${UNREACHABLE}`)
    const env = { ROLLCALL_PORT: String(port), ROLLCALL_HOST: '127.0.0.1' }
    expect((await healthWithConfig('{"port": 2, "host": "10.0.0.1"}', env)).code).toBe(0)
    // Port 0 is not known in advance.
    expect((await healthWithConfig('{"port": 0}')).stderr).toContain('http://localhost:9000')
    expect((await healthWithConfig('{"host": "::1", "port": 2}')).stderr).toContain(
      'http://[::1]:2',
    )
  })

  test('doctor prints the source of the URL', async () => {
    using folder = new TemporaryFolder()
    writeFileSync(folder.file('rollcall.config.json'), `{"port": ${cli.registry.port}}`)
    const { stdout } = await runRollcall(['doctor'], { cwd: folder.path })
    expect(stdout).toContain(
      `http://localhost:${cli.registry.port}, from "port" in rollcall.config.json`,
    )
    expect(stdout).toMatch(/^✓ health /m)
  })

  test('may start with a byte order mark', async () => {
    const { code, stderr } = await healthWithConfig(`\uFEFF{"registry": "${cli.registry.url}"}`)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })

  test('may be shared with serve', async () => {
    using folder = new TemporaryFolder()
    const file = folder.file('rollcall.config.json')
    writeFileSync(file, `{"registry": "${UNREACHABLE}", "port": 0, "db": "memory:"}`)
    const child = spawnRollcall(['serve'], { cwd: folder.path })
    const [line] = await once(child.stdout ?? child, 'data')
    child.kill('SIGTERM')
    const [code] = await once(child, 'close')
    expect({ code, line }).toEqual({ code: 0, line: expect.stringContaining('is listening on') })
  })
})

test('--registry is accepted before and after the command', async () => {
  const { url } = cli.registry
  for (const args of [
    ['--registry', url, 'health'],
    [`--registry=${url}`, 'health'],
    ['health', '--registry', url],
  ]) {
    const { code, stdout } = await runRollcall(args, { cwd: '/' })
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining(url) })
  }
  // The last one wins.
  expect(
    (await runRollcall(['--registry', UNREACHABLE, 'health', '--registry', url], { cwd: '/' }))
      .code,
  ).toBe(0)
  // It is also accepted before run, and rejected for commands without a registry.
  const run = ['--registry', url, 'run', '--name', 'x', '--', 'sh', '-c', 'echo $REGISTRY_URL']
  expect((await runRollcall(run, { cwd: '/' })).stdout).toBe(`${url}\n`)
  const serve = await runRollcall(['--registry', url, 'serve'], { cwd: '/' })
  expect(serve).toMatchObject({ code: 2, stdout: '' })
  expect(serve.stderr).toContain("unknown option '--registry'")
  expect((await runRollcall(['--registry'], { cwd: '/' })).stderr).toContain('argument missing')
})

test('redirects of a proxy are followed', async () => {
  const proxy = createServer((request, response) => {
    response.writeHead(307, { location: `${cli.registry.url}${request.url}` }).end()
  }).listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
  try {
    const { code, stderr } = await cli.run('register', 'moved', '--registry', url)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(await cli.print('list')).toContain('moved')
  } finally {
    proxy.close()
    proxy.closeAllConnections()
  }
})

test.each([[[]], [['list', '--help']], [['list']]])(
  'a closed pipe ends %j with success',
  async (args) => {
    const child = spawnRollcall(args, {
      cwd: '/',
      env: { REGISTRY_URL: cli.registry.url },
    })
    let stderr = ''
    child.stderr?.on('data', (text: string) => {
      stderr += text
    })
    child.stdout?.destroy()
    const [code] = await once(child, 'close')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  },
)
