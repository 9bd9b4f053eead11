// Where the command finds the registry, and how it gets there.
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CliSession } from './cli-session.ts'
import { runRollcall, spawnRollcall } from './rollcall-command.ts'
import { TemporaryFolder } from './temporary-folder.ts'

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
    ['[]', 'the configuration file rollcall.config.json holds no JSON object'],
  ])('that is broken (%s) is an error', async (file, message) => {
    const { code, stdout, stderr } = await healthBeside(file)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(message)
    // Who names the registry does not need the file.
    expect((await healthBeside(file, { REGISTRY_URL: cli.registry.url })).code).toBe(0)
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
