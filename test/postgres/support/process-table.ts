import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

interface ProcessEntry {
  readonly pid: number
  readonly parent: number
  /** It has ended, and only its parent has not asked how; it holds nothing any more. */
  readonly isZombie: boolean
}

/** The processes that a process has started and that still run. */
export function childrenOf(pid: number): number[] {
  return running()
    .filter(({ parent }) => parent === pid)
    .map((child) => child.pid)
}

/** Whether a process still does anything. */
export function isRunning(pid: number): boolean {
  return running().some((it) => it.pid === pid)
}

/** Resolves when none of the processes runs any more. */
export async function gone(pids: readonly number[]): Promise<void> {
  while (running().some(({ pid }) => pids.includes(pid))) {
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

function running(): ProcessEntry[] {
  const all = process.platform === 'linux' ? readFromProc() : askPs()
  return all.filter(({ isZombie }) => !isZombie)
}

/** Slim images of containers have no `ps`, but every Linux has `/proc`. */
function readFromProc(): ProcessEntry[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
        // The name of the program, in brackets, may contain anything.
        const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
        return [{ pid: Number(pid), parent: Number(parent), isZombie: state === 'Z' }]
      } catch {
        return [] // It has ended meanwhile.
      }
    })
}

function askPs(): ProcessEntry[] {
  const table = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,state='], { encoding: 'utf8' })
  return table
    .trim()
    .split('\n')
    .map((line) => {
      const [pid, parent, state = ''] = line.trim().split(/\s+/)
      return { pid: Number(pid), parent: Number(parent), isZombie: state.startsWith('Z') }
    })
}
