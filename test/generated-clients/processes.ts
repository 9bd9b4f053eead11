import { type ChildProcess, spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Timeout of a tool: a first run downloads and compiles a lot. */
const TIMEOUT_MS = 15 * 60_000
/** Length of the end of the output to include in the error. */
const TAIL = 3000

interface RunOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
}

/**
 * Runs a program until it exits and returns its stdout.
 *
 * @throws ProcessFailure on an exit code other than 0
 */
export type Run = (
  program: string,
  args: readonly string[],
  options?: RunOptions,
) => Promise<string>

/** A program that failed, with its output. */
export class ProcessFailure extends Error {
  override readonly name = 'ProcessFailure'
  readonly stdout: string

  constructor(
    command: string,
    how: string,
    { stdout, stderr }: { stdout: string; stderr: string },
  ) {
    super(`${command} ${how}:\n${`${stdout}\n${stderr}`.trim().slice(-TAIL)}`)
    this.stdout = stdout
  }
}

const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) killGroup(child)
})

/** Returns a function that runs programs in a folder. */
export function runsIn(folder: string): Run {
  return async (program, args, { cwd = folder, env = {} } = {}) => {
    // A separate process group: build tools start further processes, which must not outlive them.
    const child = spawn(program, args, {
      cwd,
      env: { ...ownEnvironment(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    running.add(child)
    const output = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        output[name] += text
      })
    }
    const overdue = setTimeout(() => killGroup(child), TIMEOUT_MS)
    try {
      const how = await new Promise<string | undefined>((resolve, reject) => {
        child.once('error', reject)
        child.once('close', (code, signal) => {
          resolve(code === 0 ? undefined : `exited with ${code ?? signal}`)
        })
      })
      if (how === undefined) return output.stdout
      throw new ProcessFailure([program, ...args].join(' '), how, output)
    } finally {
      clearTimeout(overdue)
      killGroup(child)
      running.delete(child)
    }
  }
}

/** Whether a command is on the path. */
export function isInstalled(command: string): boolean {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean)
  return folders.some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/** `npm run` adds variables that describe this package and would mislead a nested npm. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const foreign = /^npm_(?:package_|lifecycle_|config_local_prefix$)/
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)))
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // All of them have exited.
  }
}
