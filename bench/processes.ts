import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A server under test: a separate process with a temporary folder, both removed on disposal. */
export interface Subject extends AsyncDisposable {
  readonly url: string
  readonly pid: number
  /** Milliseconds from the start of the process to its first response. */
  readonly startupMs: number
  /** Returns the current resident memory, in bytes. */
  residentBytes(): number
}

const COMMAND = new URL('../packages/cli/bin/rollcall.js', import.meta.url).pathname
const BARE_STREAMS = new URL('./bare-streams.ts', import.meta.url).pathname
const BARE = new URL('./bare-server.ts', import.meta.url).pathname

/** Timeout for the first response of a server, in milliseconds. */
const START_LIMIT_MS = 60_000

/**
 * Starts `rollcall serve` as a user does.
 *
 * @param options.command path of the program; default: that of this checkout
 */
export function startRollcall(
  options: { db?: string; arguments?: string[]; nodeArguments?: string[]; command?: string } = {},
) {
  const folder = newFolder()
  const db = options.db ?? `sqlite:///${join(folder, 'rollcall.db')}`
  return startSubject({
    folder,
    path: '/health/ready',
    command: (port) => [
      process.execPath,
      [
        ...(options.nodeArguments ?? []),
        ...[options.command ?? COMMAND, 'serve', '--port', String(port), '--db', db],
        ...(options.arguments ?? []),
      ],
    ],
  })
}

/** Starts a bare `node:http` server that responds to every request with the bytes of a file. */
export function startBare(body: string) {
  return startSubject({
    folder: newFolder(),
    path: '/',
    command: (port) => [process.execPath, [BARE, String(port), body]],
  })
}

/** Starts a bare `node:http` server that writes events at this rate to every connected reader. */
export function startBareStreams(eventsPerSecond: number, bytes: number) {
  return startSubject({
    folder: newFolder(),
    command: (port) => [
      process.execPath,
      [BARE_STREAMS, String(port), String(eventsPerSecond), String(bytes)],
    ],
  })
}

/** Starts a single etcd with default durability. */
export async function startEtcd() {
  const folder = newFolder()
  const peer = `http://127.0.0.1:${await freePort()}`
  return startSubject({
    folder,
    path: '/health',
    command: (port) => {
      const client = `http://127.0.0.1:${port}`
      const urls = ['--listen-client-urls', client, '--advertise-client-urls', client]
      const peers = ['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer]
      const cluster = ['--initial-cluster', `default=${peer}`, '--logger', 'zap']
      return ['etcd', ['--data-dir', join(folder, 'data'), ...urls, ...peers, ...cluster]]
    },
  })
}

/** Waits until all agents are indexed. Resolves with the milliseconds that took. */
export async function untilIndexed(url: string): Promise<number> {
  const began = performance.now()
  for (;;) {
    const metrics = await (await fetch(`${url}/metrics`)).text()
    if (/^rollcall_storage_unindexed_agents 0$/m.test(metrics)) return performance.now() - began
    if (performance.now() - began > START_LIMIT_MS) throw new Error('the indexes are not complete')
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

/** Returns whether a program is on the PATH. */
export function isInstalled(program: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`])
    return true
  } catch {
    return false
  }
}

export function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'rollcall-bench-'))
}

async function startSubject(options: {
  folder: string
  /** The path polled until the server is ready; default `/`. */
  path?: string
  command: (port: number) => [string, string[]]
}): Promise<Subject> {
  const port = await freePort()
  const [program, programArguments] = options.command(port)
  const began = performance.now()
  const child = spawn(program, programArguments, { stdio: ['ignore', 'ignore', 'pipe'] })
  let stderr = ''
  child.stderr.on('data', (text) => {
    stderr = `${stderr}${text}`.slice(-2000)
  })
  const url = `http://127.0.0.1:${port}`
  await untilReady(child, `${url}${options.path ?? '/'}`, () => stderr)
  return {
    url,
    pid: child.pid as number,
    startupMs: performance.now() - began,
    residentBytes: () => residentBytes(child.pid as number),
    [Symbol.asyncDispose]: async () => {
      await stop(child)
      rmSync(options.folder, { recursive: true, force: true })
    },
  }
}

async function untilReady(child: ChildProcess, url: string, stderr: () => string) {
  const limit = performance.now() + START_LIMIT_MS
  while (performance.now() < limit && child.exitCode === null) {
    try {
      const response = await fetch(url)
      await response.body?.cancel()
      if (response.ok) return
    } catch {
      // Not listening yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  throw new Error(`${url} does not respond: ${stderr()}`)
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const force = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await ended
  clearTimeout(force)
}

function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
