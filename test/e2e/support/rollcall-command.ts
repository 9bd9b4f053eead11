import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The command as users start it: the bin file of the package, which runs the build. */
export const ROLLCALL = fileURLToPath(
  new URL('../../../packages/cli/bin/rollcall.js', import.meta.url),
)

const BUILT = fileURLToPath(new URL('../../../packages/cli/dist/main.js', import.meta.url))

/** How to start a process. */
export interface CommandOptions {
  /** The working directory, to which relative paths and `rollcall.config.json` resolve. */
  readonly cwd: string
  /** Added to an environment that only has `PATH` of this process. */
  readonly env?: Readonly<Record<string, string>>
  /** The Node to run it with, and options; default: the one that runs this test. */
  readonly node?: readonly string[]
  /** A program that starts it, such as `prlimit`, with its arguments. */
  readonly under?: readonly string[]
  /** The bin file of another built checkout; default: {@link ROLLCALL}. */
  readonly command?: string
  /** File descriptor for stdout; default: a pipe that the test reads. */
  readonly stdout?: number
}

/** How a process exited. */
export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

const running = new Set<ChildProcess>()
process.once('exit', () => {
  // A test that timed out does not dispose its registry, which must not outlive the run.
  for (const child of running) child.kill('SIGKILL')
})

/** Starts `rollcall` in its own process. */
export function spawnRollcall(args: readonly string[], options: CommandOptions): ChildProcess {
  if (!existsSync(BUILT)) throw new Error(`${BUILT} is missing; run: npm run build`)
  const { command = ROLLCALL, node = [process.execPath], under = [] } = options
  const [program = '', ...rest] = [...under, ...node, command, ...args]
  const child = spawn(program, rest, {
    cwd: options.cwd,
    env: { PATH: process.env.PATH ?? '', ...options.env },
    stdio: ['ignore', options.stdout ?? 'pipe', 'pipe'],
  })
  running.add(child)
  child.once('exit', () => running.delete(child))
  child.stdout?.setEncoding('utf8')
  child.stderr?.setEncoding('utf8')
  return child
}

/** Runs `rollcall` until it exits. Kills it after 45 seconds. */
export async function runRollcall(
  args: readonly string[],
  options: CommandOptions,
): Promise<Exit & { stdout: string; stderr: string }> {
  const child = spawnRollcall(args, options)
  const output = { stdout: '', stderr: '' }
  child.stdout?.on('data', (text: string) => {
    output.stdout += text
  })
  child.stderr?.on('data', (text: string) => {
    output.stderr += text
  })
  const overdue = setTimeout(() => child.kill('SIGKILL'), 45_000)
  const exit = await new Promise<Exit>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal }))
  })
  clearTimeout(overdue)
  return { ...exit, ...output }
}
