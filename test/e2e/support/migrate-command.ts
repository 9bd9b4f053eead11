import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { type Exit, spawnRollcall } from './rollcall-command.ts'

/** Runs `rollcall migrate` until it exits, without a timeout. */
export async function migrate(
  args: readonly string[],
  cwd: string,
): Promise<Exit & { stdout: string; stderr: string }> {
  const child = spawnRollcall(['migrate', ...args], { cwd })
  const exit = new Promise<Exit>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }))
  })
  const readAll = async (stream: Readable | null) => (stream === null ? '' : text(stream))
  const [stdout, stderr] = await Promise.all([readAll(child.stdout), readAll(child.stderr)])
  return { ...(await exit), stdout, stderr }
}
