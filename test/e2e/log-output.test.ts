// A log that cannot be written never stops the registry: it keeps serving, and shuts down on
// request, whatever its stdout is. Linux only: elsewhere there is no /dev/full.
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, test, vi } from 'vitest'
import { freePort } from '../postgres/support/free-port.ts'
import { HttpClient, registration } from './support/http-client.ts'
import { LogPipe } from './support/log-pipe.ts'
import { ROLLCALL } from './support/rollcall-command.ts'
import { TemporaryFolder } from './support/temporary-folder.ts'

const POLL = { timeout: 30_000, interval: 20 }
/** The registry gives up after five seconds, but with another exit code. */
const STOP_LIMIT_MS = 30_000

/** A registry whose stdout is a file descriptor of the test. */
class LoggingRegistry implements AsyncDisposable {
  readonly http: HttpClient
  readonly exit: Promise<number | null>
  readonly #child: ChildProcess

  private constructor(child: ChildProcess, port: number) {
    this.#child = child
    this.http = new HttpClient(`http://127.0.0.1:${port}`)
    this.exit = new Promise((resolve) => child.once('close', resolve))
  }

  /** Starts the registry and waits until it responds. */
  static async start(options: {
    stdout: number
    stderr?: number
    db: string
    cwd: string
    env?: Record<string, string>
  }) {
    const port = await freePort()
    const args = [ROLLCALL, 'serve', '--port', `${port}`, '--db', options.db]
    const child = spawn(process.execPath, args, {
      cwd: options.cwd,
      env: { PATH: process.env.PATH ?? '', ...options.env },
      stdio: ['ignore', options.stdout, options.stderr ?? 'inherit'],
    })
    const registry = new LoggingRegistry(child, port)
    try {
      await vi.waitFor(() => registry.http.get('/health/ready'), POLL)
    } catch (error) {
      await registry[Symbol.asyncDispose]()
      throw error
    }
    return registry
  }

  /** Sends SIGTERM. Resolves with the exit code, or with a description of the timeout. */
  async stop(): Promise<number | string | null> {
    this.#child.kill('SIGTERM')
    return Promise.race([this.exit, sleep(STOP_LIMIT_MS, 'still running', { ref: false })])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.exit
    this.http.close()
  }
}

/** Expects registrations and heartbeats to work as usual. */
async function expectService({ http }: LoggingRegistry): Promise<void> {
  expect((await http.send('POST', '/agents/register', registration('a'))).status).toBe(200)
  expect((await http.send('POST', '/agents/a/heartbeat')).status).toBe(200)
}

describe.concurrent.each(['memory:', 'sqlite:///a.db'])('with the store %s', (db) => {
  test('a reader that closes after the first line has no effect', async () => {
    using folder = new TemporaryFolder()
    using pipe = new LogPipe(folder.file('log'))
    await using registry = await LoggingRegistry.start({
      stdout: pipe.writer,
      db,
      cwd: folder.path,
    })
    pipe.closeWriter()
    await vi.waitFor(() => expect(pipe.read()).toContain('is listening on'), POLL)
    pipe.closeReader()
    await expectService(registry)
    expect(await registry.stop()).toBe(0)
  })

  test('a reader that does not read blocks neither heartbeats nor shutdown', async () => {
    using folder = new TemporaryFolder()
    using pipe = new LogPipe(folder.file('log'))
    // Not even the first line fits.
    pipe.fill()
    await using registry = await LoggingRegistry.start({
      stdout: pipe.writer,
      db,
      cwd: folder.path,
    })
    await expectService(registry)
    expect(await registry.stop()).toBe(0)
  })

  test('a log on a full disk blocks neither heartbeats nor shutdown', async () => {
    using folder = new TemporaryFolder()
    const stdout = openSync('/dev/full', 'w')
    await using registry = await LoggingRegistry.start({ stdout, db, cwd: folder.path })
    closeSync(stdout)
    await expectService(registry)
    expect(await registry.stop()).toBe(0)
  })
})

test.concurrent('warnings to a stderr on a full disk stop nothing, with the log there as well', async () => {
  using folder = new TemporaryFolder()
  const full = openSync('/dev/full', 'w')
  await using registry = await LoggingRegistry.start({
    stdout: full,
    stderr: full,
    db: 'memory:',
    cwd: folder.path,
    // Each start prints a warning about it on stderr.
    env: { ROLLCALL_NO_SUCH_SETTING: '1' },
  })
  closeSync(full)
  await expectService(registry)
  expect(await registry.stop()).toBe(0)
})

test('a reader that resumes gets every line that fit, and the number of dropped lines', async () => {
  using folder = new TemporaryFolder()
  using pipe = new LogPipe(folder.file('log'))
  const lines = 50_000
  const program = `
    import { LogOutput } from '${new URL('../../packages/cli/dist/serve/log-output.js', import.meta.url)}'
    const output = new LogOutput()
    output.onRecovered = (dropped) => output.write('dropped ' + dropped + '\\n')
    for (let line = 0; line < ${lines}; line++) {
      output.write(String(line).padStart(99, ' ') + '\\n')
    }
    process.stderr.write('written ' + output.dropped)
    await output.flush(10_000)
  `
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    stdio: ['ignore', pipe.writer, 'pipe'],
  })
  const exit = new Promise((resolve) => child.once('close', resolve))
  pipe.closeWriter()
  let said = ''
  child.stderr?.on('data', (text: Buffer) => {
    said += text.toString()
  })
  // Nothing was read, and yet every line was accepted.
  await expect.poll(() => said, POLL).toMatch(/^written \d+$/)
  const dropped = Number(said.split(' ')[1])
  expect(dropped).toBeGreaterThan(lines / 2)

  let read = ''
  const poll = setInterval(() => {
    for (let text = pipe.read(); text; text = pipe.read()) read += text
  }, 10)
  expect(await exit).toBe(0)
  clearInterval(poll)
  for (let text = pipe.read(); text; text = pipe.read()) read += text
  const kept = Array.from({ length: lines - dropped }, (_, line) => String(line).padStart(99, ' '))
  expect(read.split('\n')).toEqual([...kept, `dropped ${dropped}`, ''])
})
