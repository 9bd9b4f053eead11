import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

/** Runs a program of `bench/` to its end. */
export async function runBench(
  program: string,
  args: readonly string[],
): Promise<{ status: number; stdout: string; stderr: string }> {
  const path = fileURLToPath(new URL(`../../bench/${program}`, import.meta.url))
  const child = spawn(process.execPath, [path, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const closed = once(child, 'close')
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  const [status] = await closed
  return { status: Number(status), stdout, stderr }
}
