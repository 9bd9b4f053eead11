// `rollcall run` with programs that begin others: when it ends, no process is left that holds the port.
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { TERMINALS_ARE_THERE } from '../examples/guide-terminal.ts'
import { eventually } from '../http/support/eventually.ts'
import { childrenOf, isRunning } from '../postgres/support/process-table.ts'
import { ROLLCALL } from './support/rollcall-command.ts'
import { diedOf, Sidecar } from './support/sidecar.ts'
import { TemporaryFolder } from './support/temporary-folder.ts'

const NOWHERE = 'http://127.0.0.1:2'

/** A server that says who it is, and each signal that it hears; those in `ignored` do not end it. */
function serverIn(folder: TemporaryFolder, ignored: readonly NodeJS.Signals[] = []): string {
  const file = folder.file('server.mjs')
  writeFileSync(
    file,
    `import { createServer } from 'node:net'
    for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => {
      console.log('heard', signal)
      if (!${JSON.stringify(ignored)}.includes(signal)) setTimeout(() => process.exit(0), 300)
    })
    // Else the end of its terminal would end it, too.
    process.on('SIGHUP', () => {})
    createServer().listen(0, '127.0.0.1', () => console.log('up', process.pid))`,
  )
  return `'${process.execPath}' '${file}'`
}

/** The process id that the server printed. */
async function serverOf(sidecar: { readonly stdout: string }): Promise<number> {
  await eventually(() => sidecar.stdout).toMatch(/up \d+/)
  return Number(/up (\d+)/.exec(sidecar.stdout)?.[1])
}

test('what a shell began ends with it, and hears of it once', async () => {
  using folder = new TemporaryFolder()
  const script = `${serverIn(folder)}; true`
  const sidecar = new Sidecar(folder.path, NOWHERE, ['--', 'sh', '-c', script])
  const server = await serverOf(sidecar)
  sidecar.signal('SIGTERM')
  expect(await sidecar.exit).toBe(diedOf.SIGTERM)
  expect(isRunning(server)).toBe(false)
  expect(sidecar.stdout.match(/heard/g)).toHaveLength(1)
  expect(sidecar.stderr).toContain('sh has ended and left a process running: ending that, too\n')
})

test('what npm began ends with it, and hears of it once', async () => {
  using folder = new TemporaryFolder()
  writeFileSync(
    folder.file('package.json'),
    JSON.stringify({ scripts: { start: serverIn(folder) } }),
  )
  const npm = ['--kill-after', '8', '--', 'npm', 'start', '--offline']
  const sidecar = new Sidecar(folder.path, NOWHERE, npm)
  const server = await serverOf(sidecar)
  sidecar.signal('SIGTERM')
  await sidecar.exit
  expect(isRunning(server)).toBe(false)
  expect(sidecar.stdout.match(/heard/g)).toHaveLength(1)
})

test('who does not want to end is killed, wherever in the family it is', async () => {
  using folder = new TemporaryFolder()
  const script = `${serverIn(folder, ['SIGTERM'])}; true`
  const args = ['--kill-after', '1', '--', 'sh', '-c', script]
  const sidecar = new Sidecar(folder.path, NOWHERE, args)
  const server = await serverOf(sidecar)
  sidecar.signal('SIGTERM')
  await sidecar.exit
  expect(isRunning(server)).toBe(false)
  // A shell that waits for its program although it was asked to end.
  const trapping = ['-c', `trap 'echo trapped' TERM; ${script}`]
  const stubborn = new Sidecar(folder.path, NOWHERE, ['--kill-after', '1', '--', 'sh', ...trapping])
  const inner = await serverOf(stubborn)
  stubborn.signal('SIGTERM')
  await stubborn.exit
  expect(isRunning(inner)).toBe(false)
})

test('a program that ends by itself leaves no process behind either', async () => {
  using folder = new TemporaryFolder()
  const script = `${serverIn(folder)} & sleep 1; exit 3`
  const sidecar = new Sidecar(folder.path, NOWHERE, ['--', 'sh', '-c', script])
  const server = await serverOf(sidecar)
  expect(await sidecar.exit).toBe(3)
  expect(isRunning(server)).toBe(false)
})

describe('under systemd, which is told by INVOCATION_ID,', () => {
  /** The sidecar and everything below it, as systemd finds it in the unit. */
  const unitOf = (pid: number): number[] => [pid, ...childrenOf(pid).flatMap(unitOf)]

  async function signalled(to: 'main' | 'unit') {
    using folder = new TemporaryFolder()
    const script = `${serverIn(folder)}; true`
    const sidecar = new Sidecar(folder.path, NOWHERE, ['--', 'sh', '-c', `exec ${script}`], {
      INVOCATION_ID: 'a-unit',
    })
    const server = await serverOf(sidecar)
    const unit = unitOf(sidecar.pid)
    // The program, and the process that waits for signals.
    expect(unit).toHaveLength(3)
    for (const pid of to === 'main' ? [sidecar.pid] : unit) process.kill(pid, 'SIGTERM')
    const code = await sidecar.exit
    expect(unit.filter(isRunning)).toEqual([])
    expect(isRunning(server)).toBe(false)
    return { code, heard: sidecar.stdout.match(/heard/g)?.length }
  }

  test('a signal to all processes (KillMode=control-group) reaches the program once', async () => {
    expect(await signalled('unit')).toEqual({ code: 0, heard: 1 })
  })

  test('a signal to the main process (KillMode=mixed, docker stop, tini) reaches it, too', async () => {
    expect(await signalled('main')).toEqual({ code: 0, heard: 1 })
  })

  test('a program that ends by itself leaves nothing behind', async () => {
    using folder = new TemporaryFolder()
    const sidecar = new Sidecar(folder.path, NOWHERE, ['--', 'sleep', '0.3'], {
      INVOCATION_ID: 'a-unit',
    })
    await eventually(() => unitOf(sidecar.pid)).toHaveLength(3)
    const unit = unitOf(sidecar.pid)
    expect(await sidecar.exit).toBe(0)
    await eventually(() => unit.filter(isRunning)).toEqual([])
  })
})

const terminal = TERMINALS_ARE_THERE ? 'a terminal' : 'a terminal (NOT RUN: script(1) is missing)'
test.skipIf(!TERMINALS_ARE_THERE).each([
  { what: 'SIGTERM', key: undefined },
  { what: 'Ctrl-C', key: '\x03' },
])(`at ${terminal} the program reads what is typed, and $what ends all of it`, async ({ key }) => {
  using folder = new TemporaryFolder()
  const program = folder.file('program.sh')
  // A server in the background does not care for Ctrl-C.
  const server = `${serverIn(folder, ['SIGINT'])} & read line; echo "read $line"; ${process.execPath} -e 'setTimeout(() => {}, 60000)'`
  writeFileSync(program, server)
  const run = `exec '${process.execPath}' '${ROLLCALL}' run --name x --kill-after 2 -- sh '${program}'`
  const shell = spawn('script', ['-qec', run, '/dev/null'], {
    cwd: folder.path,
    env: { PATH: process.env.PATH, REGISTRY_URL: NOWHERE },
  })
  const told = { stdout: '' }
  shell.stdout.setEncoding('utf8').on('data', (text: string) => {
    told.stdout += text
  })
  const ended = new Promise((resolve) => shell.once('close', resolve))
  const pid = await serverOf(told)
  shell.stdin.write('hello\n')
  await eventually(() => told.stdout).toContain('read hello')
  // By then it has looked whom the program began; nothing shows that it has.
  await sleep(1500)
  if (key !== undefined) shell.stdin.write(key)
  else for (const rollcall of childrenOf(shell.pid ?? 0)) process.kill(rollcall, 'SIGTERM')
  await ended
  expect(isRunning(pid)).toBe(false)
})
