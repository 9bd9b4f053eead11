import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The command as users start it: the bin file of the package, running what was built. */
export const ROLLCALL = fileURLToPath(
  new URL('../../../packages/cli/bin/rollcall.js', import.meta.url),
)

const BUILT = fileURLToPath(new URL('../../../packages/cli/dist/main.js', import.meta.url))

/** How a process is started. */
export interface CommandOptions {
  /** The working directory; relative paths and `rollcall.config.json` are looked up there. */
  readonly cwd: string
  /** Added to an environment that has nothing else of this process but `PATH`. */
  readonly env?: Readonly<Record<string, string>>
  /** The Node that runs it, with options; default: the one that runs this test. */
  readonly node?: readonly string[]
  /** A program that starts it, such as `prlimit`, with its arguments. */
  readonly under?: readonly string[]
  /** The bin file of another checkout, which is built; default: {@link ROLLCALL}. */
  readonly command?: string
  /** Where it writes what is no error; default: a pipe that the test reads. */
  readonly stdout?: number
}

/** How a process ended. */
export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

const running = new Set<ChildProcess>()
process.once('exit', () => {
  // A test that timed out never reached its end; its registry must not outlive the run.
  for (const child of running) child.kill('SIGKILL')
})

/** Starts `rollcall` as a process of its own. */
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

/** Runs `rollcall` to its end. One that has not ended after 45 seconds is killed. */
export async function runRollcall(
  args: readonly string[],
  options: CommandOptions,
): Promise<Exit & { stdout: string; stderr: string }> {
  const child = spawnRollcall(args, options)
  const told = { stdout: '', stderr: '' }
  child.stdout?.on('data', (text: string) => {
    told.stdout += text
  })
  child.stderr?.on('data', (text: string) => {
    told.stderr += text
  })
  const overdue = setTimeout(() => child.kill('SIGKILL'), 45_000)
  const exit = await new Promise<Exit>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal }))
  })
  clearTimeout(overdue)
  return { ...exit, ...told }
}
