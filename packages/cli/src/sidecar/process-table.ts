import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'

/** A running process; zombies are excluded. */
export interface ProcessEntry {
  readonly pid: number
  readonly parent: number
  readonly group: number
  /** Start time in a system-specific format, since process ids are reused. */
  readonly startedAt: string
}

/** Lists all processes of this machine, from `/proc` or `ps`; empty if neither is available. */
export function runningProcesses(): ProcessEntry[] {
  const rows = existsSync('/proc/self/stat') ? fromProc() : fromPs()
  return rows.filter(({ state }) => !/^[ZX]/.test(state))
}

/** Returns the children of a process, their children, and so on. */
export function descendantsOf(pid: number, processes: readonly ProcessEntry[]): ProcessEntry[] {
  const found = processes.filter(({ parent }) => parent === pid)
  for (const ancestor of found) {
    found.push(...processes.filter(({ parent }) => parent === ancestor.pid))
  }
  return found
}

type Row = ProcessEntry & { readonly state: string }

/** Index in `/proc/PID/stat`, counted after the name; see proc(5). */
const START_TIME_FIELD = 19

function fromProc(): Row[] {
  const names = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return names.flatMap((name) => {
    const stat = statOf(name)
    // The program name is in parentheses, and may contain parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const [state = '', parent, group] = fields
    const startedAt = fields[START_TIME_FIELD]
    if (startedAt === undefined) return []
    return [{ pid: Number(name), state, parent: Number(parent), group: Number(group), startedAt }]
  })
}

/** Returns an empty string if the process has exited. */
function statOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return ''
  }
}

function fromPs(): Row[] {
  const columns = ['pid=', 'ppid=', 'pgid=', 'state=', 'lstart='].flatMap((column) => [
    '-o',
    column,
  ])
  const { stdout } = spawnSync('ps', ['-A', ...columns], { encoding: 'utf8' })
  return (stdout ?? '').split('\n').flatMap((line) => {
    const [pid, parent, group, state, ...start] = line.trim().split(/\s+/)
    if (state === undefined) return []
    const startedAt = start.join(' ')
    return [{ pid: Number(pid), state, parent: Number(parent), group: Number(group), startedAt }]
  })
}
