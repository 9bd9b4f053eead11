import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

/** Runs a program of `bench/` until it exits. */
export function runBench(program: string, args: readonly string[]): Promise<ProgramResult> {
  return runProgram(`bench/${program}`, args)
}

/** Exit status and output of a program. */
interface ProgramResult {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program of this repository, by its path from the root, until it exits. */
export async function runProgram(program: string, args: readonly string[]): Promise<ProgramResult> {
  const path = fileURLToPath(new URL(`../../${program}`, import.meta.url))
  const child = spawn(process.execPath, [path, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const closed = once(child, 'close')
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  const [status] = await closed
  return { status: Number(status), stdout, stderr }
}
