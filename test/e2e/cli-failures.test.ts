// Failures are reported in one line with advice, and by the exit code.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CliSession } from './support/cli-session.ts'

let cli: CliSession
beforeAll(async () => {
  cli = await CliSession.start()
})
afterAll(() => cli[Symbol.asyncDispose]())

/** A command line for each command that calls a registry. */
const COMMANDS = [
  ['register', 'a-1'],
  ['heartbeat', 'a-1'],
  ['list'],
  ['capabilities'],
  ['get', 'a-1'],
  ['watch'],
  ['history', 'a-1'],
  ['drain', 'a-1'],
  ['ready', 'a-1'],
  ['maintenance'],
  ['deregister', 'a-1'],
  ['cleanup'],
  ['health'],
]

describe.concurrent('without a registry', () => {
  test.each(COMMANDS)('rollcall %s prints how to start one', async (...args) => {
    // No server is listening: the port was free just before.
    const url = `http://localhost:${await freePort()}`
    const port = new URL(url).port
    const command = args.filter((word) => typeof word === 'string')
    const { code, stdout, stderr } = await cli.run(...command, '--registry', url)
    expect({ code, stdout, stderr }).toEqual({
      code: 1,
      stdout: '',
      stderr:
        `rollcall: cannot reach ${url}: is the registry running? ` +
        `Start one with: rollcall serve --port ${port}\n`,
    })
  })

  test('no message contains the password of the URL', async () => {
    const url = `http://me:s3cret@localhost:${await freePort()}`
    for (const args of [['list'], ['doctor'], ['demo'], ['health', '--json']]) {
      const { stdout, stderr } = await cli.run(...args, '--registry', url)
      expect(stdout + stderr).toContain('***@localhost')
      expect(stdout + stderr).not.toContain('s3cret')
    }
  })

  test('no output of a successful command contains it either', async () => {
    const { host } = new URL(cli.registry.url)
    const url = `http://me:s3cret@${host}`
    for (const args of [
      ['top'],
      ['top', '--json'],
      ['health'],
      ['run', '--name', 'A', '--', 'sleep', '2'],
    ]) {
      const [command = '', ...rest] = args
      const { code, stdout, stderr } = await cli.run(command, '--registry', url, ...rest)
      expect(code, stderr).toBe(0)
      expect(stdout + stderr, args.join(' ')).toContain(`***@${host}`)
      expect(stdout + stderr).not.toContain('s3cret')
    }
  })

  test('--json prints it as one line of JSON', async () => {
    const url = `http://localhost:${await freePort()}`
    const { code, stdout, stderr } = await cli.run('list', '--registry', url, '--json')
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(JSON.parse(stderr)).toEqual({
      error: { code: 'UNREACHABLE', message: expect.stringContaining(`cannot reach ${url}`) },
    })
    expect(stderr.trimEnd()).not.toContain('\n')
  })
})

describe.concurrent('for an unknown agent', () => {
  test.each(['heartbeat', 'get', 'history', 'deregister'])('rollcall %s names it', async (name) => {
    const { code, stdout, stderr } = await cli.run(name, 'unknown')
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^rollcall: agent unknown not found\. [^\n]+\n$/)
    const asJson = await cli.run(name, 'unknown', '--json')
    expect(JSON.parse(asJson.stderr).error.code).toBe('AGENT_NOT_FOUND')
  })
})

describe.concurrent('with invalid arguments', () => {
  test.each([
    { args: ['list', '--status', 'tired'], message: 'ready, busy, draining, suspect, expired' },
    { args: ['list', '--sort', 'age'], message: '-last_heartbeat' },
    { args: ['list', '--limit', '0'], message: '1 or more' },
    { args: ['list', '--metadata', 'region'], message: 'KEY=VALUE' },
    { args: ['list', '--nonsense'], message: "unknown option '--nonsense'" },
    { args: ['list', '--timeout', 'soon'], message: 'seconds' },
    { args: ['list', '--registry', 'localhost:9000'], message: 'http://' },
    { args: ['get'], message: "missing required argument 'id'" },
    { args: ['get', '..'], message: 'letters, digits' },
    { args: ['register', 'a-1', '--port', '70000'], message: '65535' },
    { args: ['register', 'a-1', '--metadata', '{"a":'], message: 'JSON' },
    { args: ['heartbeat', 'a-1', '--load', '2'], message: '0 (idle) to 1 (full)' },
  ])('rollcall $args exits with 2', async ({ args, message }) => {
    const { code, stdout, stderr } = await cli.run(...args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/^rollcall: /)
    expect(stderr).toContain(message)
    expect(stderr).toContain(`Try: rollcall ${args[0]} --help`)
    const asJson = await cli.run(...args, '--json')
    expect(JSON.parse(asJson.stderr).error).toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining(message),
    })
  })
})

test('a rejection of the registry names the field', async () => {
  const { code, stderr } = await cli.run('register', 'a-1', '--ttl', '86401')
  expect(code).toBe(1)
  expect(stderr).toBe('rollcall: ttl_seconds must be <= 86400, not 86401\n')
})

test('a server that is not a registry is reported, and one that does not respond times out', async () => {
  await using page = await listen((_request, response) => response.end('<html>'))
  expect((await cli.run('health', '--registry', page.url)).stderr).toMatch(
    /^rollcall: [^\n]*a Rollcall registry\?[^\n]*\n$/,
  )
  await using other = await listen((_request, response) => response.writeHead(404).end())
  expect((await cli.run('health', '--registry', other.url)).stderr).toBe(
    `rollcall: ${other.url} responded with 404: is that a Rollcall registry?\n`,
  )
  await using silent = await listen(() => undefined)
  const { stderr } = await cli.run('health', '--registry', silent.url, '--timeout', '0.2')
  expect(stderr).toBe(`rollcall: ${silent.url} did not respond within 0.2 s. Increase --timeout\n`)
})

test('a registry from before maintenance is reported as such', async () => {
  await using old = await listen(({ url }, response) => {
    const isHealth = url === '/health'
    response.writeHead(isHealth ? 200 : 404, { 'content-type': 'application/json' })
    const problem = { code: 'ROUTE_NOT_FOUND', status: 404, detail: `No route matches ${url}` }
    response.end(JSON.stringify(isHealth ? { status: 'healthy', version: '0.0.9' } : problem))
  })
  for (const args of [['drain', 'a-1'], ['ready', 'a-1'], ['maintenance']]) {
    const { code, stdout, stderr } = await cli.run(...args, '--registry', old.url)
    expect({ code, stdout, stderr }).toEqual({
      code: 1,
      stdout: '',
      stderr: `rollcall: the registry at ${old.url} (version 0.0.9) does not know maintenance: upgrade it
`,
    })
  }
})

test('a change of maintenance that outlasts the timeout is said to go on', async () => {
  await using silent = await listen(() => undefined)
  for (const name of ['drain', 'ready']) {
    const { code, stderr } = await cli.run(
      name,
      'a-1',
      '--registry',
      silent.url,
      '--timeout',
      '0.2',
    )
    expect(code).toBe(1)
    expect(stderr).toMatch(/^rollcall: no response within 0\.2 s\. .+ rollcall maintenance\. .+\n$/)
  }
})

async function listen(handler: Parameters<typeof createServer>[1]) {
  const server = createServer(handler ?? (() => undefined))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function freePort(): Promise<string> {
  await using server = await listen(() => undefined)
  return new URL(server.url).port
}
