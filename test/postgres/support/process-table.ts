import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

interface ProcessEntry {
  readonly pid: number
  readonly parent: number
  /** It has exited and its parent has not collected the exit status; it holds no resources. */
  readonly isZombie: boolean
}

/** Returns the running children of a process. */
export function childrenOf(pid: number): number[] {
  return running()
    .filter(({ parent }) => parent === pid)
    .map((child) => child.pid)
}

/** Whether a process is running and not a zombie. */
export function isRunning(pid: number): boolean {
  return running().some((it) => it.pid === pid)
}

/** Resolves once none of the processes runs any more. */
export async function waitForExit(pids: readonly number[]): Promise<void> {
  while (running().some(({ pid }) => pids.includes(pid))) {
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

function running(): ProcessEntry[] {
  const all = process.platform === 'linux' ? readFromProc() : readFromPs()
  return all.filter(({ isZombie }) => !isZombie)
}

/** Slim container images have no `ps`, but every Linux has `/proc`. */
function readFromProc(): ProcessEntry[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
        // The program name, in parentheses, may contain anything.
        const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
        return [{ pid: Number(pid), parent: Number(parent), isZombie: state === 'Z' }]
      } catch {
        return [] // The process has exited meanwhile.
      }
    })
}

function readFromPs(): ProcessEntry[] {
  const table = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,state='], { encoding: 'utf8' })
  return table
    .trim()
    .split('\n')
    .map((line) => {
      const [pid, parent, state = ''] = line.trim().split(/\s+/)
      return { pid: Number(pid), parent: Number(parent), isZombie: state.startsWith('Z') }
    })
}
