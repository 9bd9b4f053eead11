// Clients that try to write lines of their own into the log, or to control the terminal that shows it.
import { spawn } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { HAS_TERMINAL, TERMINAL } from '../examples/guide-terminal.ts'
import { rawExchange } from '../http/support/raw-connection.ts'
import { freePort } from '../postgres/support/free-port.ts'
import { registration } from './support/http-client.ts'
import { RegistryProcess } from './support/registry-process.ts'
import { ROLLCALL } from './support/rollcall-command.ts'
import { TemporaryFolder } from './support/temporary-folder.ts'

/** A line of a log, and sequences by which a terminal clears its screen, changes its title and reads backwards. */
const LINE = '{"level":"fatal","msg":"forged"}'
const BYTES = ['\x9b2J', '\x9d0;title\x9c', '\x85', '\xe2\x80\xae', '\xc2\x9b31m']
const ESCAPED = ['%0a', '%0d%0a', '%1b[2J', '%9b2J', '%00', '%22}%0a', '%E2%80%AE']
const TEXTS = [`\n${LINE}`, `"}\n${LINE}`, '\x1b[2J', '\x9b2J', '\u202e', '\r', '\u2028', '\0']

/** Sends each attack wherever a client can put a text. Returns how many requests those were. */
async function attack(url: string): Promise<number> {
  const requests = [
    ...[...BYTES, ...ESCAPED].flatMap((text) => [
      `GET /agents/a${text}${LINE.replaceAll('"', '%22')} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
      `POST /agents/a${text}/heartbeat HTTP/1.1\r\nHost: localhost\r\n\r\n`,
      `GET http://x${text}@localhost/agents?${text} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
    ]),
    ...BYTES.flatMap((text) => [
      `GET /health HTTP/1.1\r\nHost: evil${text}.example\r\n\r\n`,
      `GET /health HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: a${text}\r\n\r\n`,
      `GET /health HTTP/1.1\r\nHost: localhost\r\nUser-Agent: a${text}\r\nReferer: ${text}\r\n\r\n`,
      `GET /health HTTP/1.1\r\nHost: localhost\r\nOrigin: http://a${text}\r\n\r\n`,
      `GET /health HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${text}\r\n\r\n`,
    ]),
    `GET /health HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: ${LINE}\r\n\r\n`,
    `GET /health HTTP/1.1\r\nHost: ${LINE}\r\n\r\n`,
  ]
  for (const request of requests) await rawExchange(url, Buffer.from(request, 'latin1'))
  const bodies = TEXTS.flatMap((text) => [
    ['/agents/register', { ...registration(`a${text}`) }],
    ['/agents/register', { ...registration('a'), agent_name: text, host: text, version: text }],
    ['/agents/heartbeats', { agent_ids: [text] }],
    ['/tokens', { name: `a${text}`, scope: 'admin' }],
  ])
  for (const [path, body] of bodies) {
    const headers = { 'content-type': 'application/json' }
    await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
  }
  return requests.length + bodies.length
}

const ARGS = ['--log-level', 'debug', '--anonymous', 'read']

test('each line of the log is one of the registry, in plain ASCII', async () => {
  using folder = new TemporaryFolder()
  await using registry = await RegistryProcess.start({
    cwd: folder.path,
    db: 'memory:',
    args: ARGS,
  })
  const sent = await attack(registry.url)
  const lines = () => registry.output.split('\n').slice(0, -1)
  const requests = () => lines().filter((line) => /request$/.test(JSON.parse(line).msg))
  await expect.poll(() => requests().length).toBeGreaterThanOrEqual(sent)
  expect(requests()).toHaveLength(sent)
  for (const line of lines()) {
    expect(line).toMatch(/^[\x20-\x7e]*$/)
    expect(JSON.parse(line)).toMatchObject({ level: expect.stringMatching(/^(debug|info|warn)$/) })
  }
})

test.runIf(HAS_TERMINAL)(`${TERMINAL} shows lines of the registry only`, async () => {
  using folder = new TemporaryFolder()
  const port = await freePort()
  // Also the log of what the operator has named.
  const tokens = folder.file('tokens\u009b2J\u202e')
  writeFileSync(tokens, `ops admin * ${'x'.repeat(32)}\n`)
  const options = ['--port', port, '--db', 'memory:', '--token-file', `'${tokens}'`, ...ARGS]
  const command = [process.execPath, ROLLCALL, 'serve', ...options]
  const shell = spawn('script', ['-qec', command.join(' '), '/dev/null'], {
    cwd: folder.path,
    env: { ...process.env, NO_COLOR: '1' },
  })
  const closed = new Promise((resolve) => shell.once('close', resolve))
  try {
    const output = { bytes: Buffer.alloc(0) }
    shell.stdout.on('data', (chunk: Buffer) => {
      output.bytes = Buffer.concat([output.bytes, chunk])
    })
    await expect.poll(() => String(output.bytes)).toContain('is listening on')
    await attack(`http://127.0.0.1:${port}`)
    await fetch(`http://127.0.0.1:${port}/the-last`)
    await expect.poll(() => String(output.bytes)).toContain('/the-last')
    rmSync(tokens)
    await expect.poll(() => String(output.bytes)).toContain('the token file cannot be used')
    await expect.poll(() => String(output.bytes)).toContain('ENOENT')
    const shown = String(output.bytes).replaceAll('\r\n', '\n')
    expect(shown).not.toMatch(/[^\P{Cc}\n]|[\u2028\u202e]/u)
    const first = shown
      .trimEnd()
      .split('\n')
      .filter((line) => !line.startsWith('    '))
    for (const line of first) expect(line).toMatch(/^\[\d\d:\d\d:\d\d\] (DEBUG|INFO|WARN):/)
  } finally {
    shell.kill('SIGKILL')
    await closed
  }
})
