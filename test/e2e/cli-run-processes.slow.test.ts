// `rollcall run` with programs that start other processes: none of them remains and holds the port.
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { HAS_TERMINAL, TERMINAL } from '../examples/guide-terminal.ts'
import { eventually } from '../http/support/eventually.ts'
import { childrenOf, isRunning } from '../postgres/support/process-table.ts'
import { ROLLCALL } from './support/rollcall-command.ts'
import { diedOf, Sidecar } from './support/sidecar.ts'
import { TemporaryFolder } from './support/temporary-folder.ts'

const UNREACHABLE = 'http://127.0.0.1:2'

/** A server that prints its process id and received signals; those in `ignored` do not stop it. */
function serverIn(folder: TemporaryFolder, ignored: readonly NodeJS.Signals[] = []): string {
  const file = folder.file('server.mjs')
  writeFileSync(
    file,
    `import { createServer } from 'node:net'
    for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => {
      console.log('received', signal)
      if (!${JSON.stringify(ignored)}.includes(signal)) setTimeout(() => process.exit(0), 300)
    })
    // Otherwise it would exit together with its terminal.
    process.on('SIGHUP', () => {})
    createServer().listen(0, '127.0.0.1', () => console.log('up', process.pid))`,
  )
  return `'${process.execPath}' '${file}'`
}

/** Returns the process id that the server printed. */
async function serverOf(sidecar: { readonly stdout: string }): Promise<number> {
  await eventually(() => sidecar.stdout).toMatch(/up \d+/)
  return Number(/up (\d+)/.exec(sidecar.stdout)?.[1])
}

test('a child of a shell is terminated with it, and receives one signal', async () => {
  using folder = new TemporaryFolder()
  const script = `${serverIn(folder)}; true`
  const sidecar = new Sidecar(folder.path, UNREACHABLE, ['--', 'sh', '-c', script])
  const server = await serverOf(sidecar)
  sidecar.signal('SIGTERM')
  expect(await sidecar.exit).toBe(diedOf.SIGTERM)
  expect(isRunning(server)).toBe(false)
  expect(sidecar.stdout.match(/received/g)).toHaveLength(1)
  expect(sidecar.stderr).toContain('sh exited and left a process running: terminating\n')
})

test('a child of npm is terminated with it, and receives one signal', async () => {
  using folder = new TemporaryFolder()
  writeFileSync(
    folder.file('package.json'),
    JSON.stringify({ scripts: { start: serverIn(folder) } }),
  )
  const npm = ['--kill-after', '8', '--', 'npm', 'start', '--offline']
  const sidecar = new Sidecar(folder.path, UNREACHABLE, npm)
  const server = await serverOf(sidecar)
  sidecar.signal('SIGTERM')
  await sidecar.exit
  expect(isRunning(server)).toBe(false)
  expect(sidecar.stdout.match(/received/g)).toHaveLength(1)
})

test('a process that ignores SIGTERM is killed, anywhere in the process tree', async () => {
  using folder = new TemporaryFolder()
  const script = `${serverIn(folder, ['SIGTERM'])}; true`
  const args = ['--kill-after', '1', '--', 'sh', '-c', script]
  const sidecar = new Sidecar(folder.path, UNREACHABLE, args)
  const server = await serverOf(sidecar)
  sidecar.signal('SIGTERM')
  await sidecar.exit
  expect(isRunning(server)).toBe(false)
  // A shell that ignores SIGTERM and waits for its child.
  const trapping = ['-c', `trap 'echo trapped' TERM; ${script}`]
  const stubborn = new Sidecar(folder.path, UNREACHABLE, [
    '--kill-after',
    '1',
    '--',
    'sh',
    ...trapping,
  ])
  const inner = await serverOf(stubborn)
  stubborn.signal('SIGTERM')
  await stubborn.exit
  expect(isRunning(inner)).toBe(false)
})

test('a program that exits leaves no process behind', async () => {
  using folder = new TemporaryFolder()
  const script = `${serverIn(folder)} & sleep 1; exit 3`
  const sidecar = new Sidecar(folder.path, UNREACHABLE, ['--', 'sh', '-c', script])
  const server = await serverOf(sidecar)
  expect(await sidecar.exit).toBe(3)
  expect(isRunning(server)).toBe(false)
})

describe('under systemd, detected by INVOCATION_ID,', () => {
  /** The sidecar and its descendants, which form the systemd unit. */
  const unitOf = (pid: number): number[] => [pid, ...childrenOf(pid).flatMap(unitOf)]

  async function signalled(to: 'main' | 'unit') {
    using folder = new TemporaryFolder()
    const script = `${serverIn(folder)}; true`
    const sidecar = new Sidecar(folder.path, UNREACHABLE, ['--', 'sh', '-c', `exec ${script}`], {
      INVOCATION_ID: 'a-unit',
    })
    const server = await serverOf(sidecar)
    const unit = unitOf(sidecar.pid)
    // The sidecar, the program and the signal probe.
    expect(unit).toHaveLength(3)
    for (const pid of to === 'main' ? [sidecar.pid] : unit) process.kill(pid, 'SIGTERM')
    const code = await sidecar.exit
    expect(unit.filter(isRunning)).toEqual([])
    expect(isRunning(server)).toBe(false)
    return { code, received: sidecar.stdout.match(/received/g)?.length }
  }

  test('a signal to all processes (KillMode=control-group) reaches the program once', async () => {
    expect(await signalled('unit')).toEqual({ code: 0, received: 1 })
  })

  test('a signal to the main process (KillMode=mixed, docker stop, tini) reaches it as well', async () => {
    expect(await signalled('main')).toEqual({ code: 0, received: 1 })
  })

  test('a program that exits leaves no process behind', async () => {
    using folder = new TemporaryFolder()
    const sidecar = new Sidecar(folder.path, UNREACHABLE, ['--', 'sleep', '0.3'], {
      INVOCATION_ID: 'a-unit',
    })
    await eventually(() => unitOf(sidecar.pid)).toHaveLength(3)
    const unit = unitOf(sidecar.pid)
    expect(await sidecar.exit).toBe(0)
    await eventually(() => unit.filter(isRunning)).toEqual([])
  })
})

test.skipIf(!HAS_TERMINAL).each([
  { what: 'SIGTERM', key: undefined },
  { what: 'Ctrl-C', key: '\x03' },
])(
  `on ${TERMINAL} the program reads input, and $what terminates all processes`,
  async ({ key }) => {
    using folder = new TemporaryFolder()
    const program = folder.file('program.sh')
    // A server in the background ignores Ctrl-C.
    const server = `${serverIn(folder, ['SIGINT'])} & read line; echo "read $line"; ${process.execPath} -e 'setTimeout(() => {}, 60000)'`
    writeFileSync(program, server)
    const run = `exec '${process.execPath}' '${ROLLCALL}' run --name x --kill-after 2 -- sh '${program}'`
    const shell = spawn('script', ['-qec', run, '/dev/null'], {
      cwd: folder.path,
      env: { PATH: process.env.PATH, REGISTRY_URL: UNREACHABLE },
    })
    const output = { stdout: '' }
    shell.stdout.setEncoding('utf8').on('data', (text: string) => {
      output.stdout += text
    })
    const ended = new Promise((resolve) => shell.once('close', resolve))
    const pid = await serverOf(output)
    shell.stdin.write('hello\n')
    await eventually(() => output.stdout).toContain('read hello')
    // Waits until the descendants have been scanned, which is not observable.
    await sleep(1500)
    if (key !== undefined) shell.stdin.write(key)
    else for (const rollcall of childrenOf(shell.pid ?? 0)) process.kill(rollcall, 'SIGTERM')
    await ended
    expect(isRunning(pid)).toBe(false)
  },
)
