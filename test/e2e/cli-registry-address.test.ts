// Where the command finds the registry, and how it gets there.
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CliSession } from './support/cli-session.ts'
import { runRollcall, spawnRollcall } from './support/rollcall-command.ts'
import { TemporaryFolder } from './support/temporary-folder.ts'

const NOWHERE = 'http://127.0.0.1:2'

let cli: CliSession
beforeAll(async () => {
  cli = await CliSession.start()
})
afterAll(() => cli[Symbol.asyncDispose]())

/** Runs `rollcall health` beside a configuration file and tells what it took for the registry. */
async function healthBeside(file: string, env = {}, ...args: string[]) {
  using folder = new TemporaryFolder()
  writeFileSync(folder.file('rollcall.config.json'), file)
  return await runRollcall(['health', ...args], { cwd: folder.path, env })
}

describe.concurrent('several addresses, as agents take them,', () => {
  const several = () => `${NOWHERE},${cli.registry.url}/`

  test('are tried in turn, by every command', async () => {
    using folder = new TemporaryFolder()
    const env = { REGISTRY_URL: several() }
    for (const args of [['health'], ['list'], ['doctor'], ['register', 'of-several']]) {
      const { code, stderr } = await runRollcall(args, { cwd: folder.path, env })
      expect({ args, code, stderr }).toEqual({ args, code: 0, stderr: '' })
    }
    const file = await healthBeside(`{"registry": "${several()}"}`)
    expect(file).toMatchObject({ code: 0 })
    expect(file.stdout).toContain(`registry\t${NOWHERE},${cli.registry.url}\n`)
  })

  test('reach a program that is run, too', async () => {
    using folder = new TemporaryFolder()
    const program = ['--', 'sh', '-c', 'echo $REGISTRY_URL']
    const { code, stdout } = await runRollcall(['run', '--name', 'x', ...program], {
      cwd: folder.path,
      env: { REGISTRY_URL: several() },
    })
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${NOWHERE},${cli.registry.url}\n` })
  })

  test.each(['ECONNREFUSED', 'ENOTFOUND'])(
    'of which none answers are all named: %s',
    async (why) => {
      using folder = new TemporaryFolder()
      const url = why === 'ENOTFOUND' ? 'http://registry.invalid:9000' : 'http://127.0.0.1:3'
      const { code, stderr } = await runRollcall(['list'], {
        cwd: folder.path,
        env: { REGISTRY_URL: `${NOWHERE},${url}` },
      })
      expect(code).toBe(1)
      expect(stderr).toContain(`${NOWHERE},${url}`)
    },
  )

  test('of which one is wrong are wrong usage', async () => {
    const { code, stderr } = await healthBeside('{}', {}, '--registry', `${NOWHERE}, localhost`)
    expect(code).toBe(2)
    expect(stderr).toContain('must begin with http:// or https://')
  })
})

describe.concurrent('the configuration file', () => {
  test('names the registry', async () => {
    const { code, stdout } = await healthBeside(`{"registry": "${cli.registry.url}/"}`)
    expect(code).toBe(0)
    expect(stdout).toContain(`registry\t${cli.registry.url}\n`)
  })

  test('gives way to REGISTRY_URL, and that to --registry', async () => {
    const env = { REGISTRY_URL: cli.registry.url }
    expect(await healthBeside(`{"registry": "${NOWHERE}"}`, env)).toMatchObject({ code: 0 })
    const { stderr } = await healthBeside('{}', env, '--registry', NOWHERE)
    expect(stderr).toContain(`cannot reach ${NOWHERE}`)
  })

  test.each([
    ['{"registry": "localhost"}', '"registry" in rollcall.config.json must begin with http'],
    ['{"registry": ', 'the configuration file rollcall.config.json cannot be read'],
    ['{"port": "many"}', '"port" in rollcall.config.json must be a whole number from 0 to 65535'],
    ['[]', 'the configuration file rollcall.config.json holds no JSON object'],
  ])('that is broken (%s) is an error', async (file, message) => {
    const { code, stdout, stderr } = await healthBeside(file)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(message)
    // Who names the registry does not need the file.
    expect((await healthBeside(file, { REGISTRY_URL: cli.registry.url })).code).toBe(0)
  })

  test('says where serve listens, and the commands look there', async () => {
    const port = cli.registry.port
    const found = await healthBeside(`{"port": ${port}, "host": "0.0.0.0"}`)
    expect(found).toMatchObject({ code: 0, stderr: '' })
    expect(found.stdout).toContain(`registry\thttp://localhost:${port}\n`)
    // Its own word for the registry comes first, and the environment before the file.
    const named = await healthBeside(`{"port": ${port}, "registry": "${NOWHERE}"}`)
    expect(named.stderr).toContain(`cannot reach ${NOWHERE}`)
    const env = { ROLLCALL_PORT: String(port), ROLLCALL_HOST: '127.0.0.1' }
    expect((await healthBeside('{"port": 2, "host": "10.0.0.1"}', env)).code).toBe(0)
    // Which port it will be, nobody knows yet.
    expect((await healthBeside('{"port": 0}')).stderr).toContain('http://localhost:9000')
    expect((await healthBeside('{"host": "::1", "port": 2}')).stderr).toContain('http://[::1]:2')
  })

  test('doctor says from where it took the address', async () => {
    using folder = new TemporaryFolder()
    writeFileSync(folder.file('rollcall.config.json'), `{"port": ${cli.registry.port}}`)
    const { stdout } = await runRollcall(['doctor'], { cwd: folder.path })
    expect(stdout).toContain(
      `http://localhost:${cli.registry.port}, from "port" in rollcall.config.json`,
    )
    expect(stdout).toMatch(/^✓ health /m)
  })

  test('may begin with a byte order mark', async () => {
    const { code, stderr } = await healthBeside(`\uFEFF{"registry": "${cli.registry.url}"}`)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })

  test('may be one with that of serve', async () => {
    using folder = new TemporaryFolder()
    const file = folder.file('rollcall.config.json')
    writeFileSync(file, `{"registry": "${NOWHERE}", "port": 0, "db": "memory:"}`)
    const child = spawnRollcall(['serve'], { cwd: folder.path })
    const [line] = await once(child.stdout ?? child, 'data')
    child.kill('SIGTERM')
    const [code] = await once(child, 'close')
    expect({ code, line }).toEqual({ code: 0, line: expect.stringContaining('is listening on') })
  })
})

test('--registry stands before the command or after it', async () => {
  const { url } = cli.registry
  for (const words of [
    ['--registry', url, 'health'],
    [`--registry=${url}`, 'health'],
    ['health', '--registry', url],
  ]) {
    const { code, stdout } = await runRollcall(words, { cwd: '/' })
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining(url) })
  }
  // The last word counts, as everywhere.
  expect(
    (await runRollcall(['--registry', NOWHERE, 'health', '--registry', url], { cwd: '/' })).code,
  ).toBe(0)
  // Before the program of run, too; and where nothing is asked of a registry, it is refused.
  const run = ['--registry', url, 'run', '--name', 'x', '--', 'sh', '-c', 'echo $REGISTRY_URL']
  expect((await runRollcall(run, { cwd: '/' })).stdout).toBe(`${url}\n`)
  const serve = await runRollcall(['--registry', url, 'serve'], { cwd: '/' })
  expect(serve).toMatchObject({ code: 2, stdout: '' })
  expect(serve.stderr).toContain("unknown option '--registry'")
  expect((await runRollcall(['--registry'], { cwd: '/' })).stderr).toContain('argument missing')
})

test('a proxy may send the command elsewhere', async () => {
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
  'a reader of %j who has seen enough ends it well',
  async (args) => {
    const child = spawnRollcall(args, {
      cwd: '/',
      env: { REGISTRY_URL: cli.registry.url },
    })
    let told = ''
    child.stderr?.on('data', (text: string) => {
      told += text
    })
    child.stdout?.destroy()
    const [code] = await once(child, 'close')
    expect({ code, told }).toEqual({ code: 0, told: '' })
  },
)
