import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'

/** A process that runs; those that have ended and wait to be noticed are none. */
export interface ProcessEntry {
  readonly pid: number
  readonly parent: number
  readonly group: number
  /** When it started, in the words of the system: ids are given out again, to other processes. */
  readonly startedAt: string
}

/** Lists all processes of this machine: from `/proc`, elsewhere from `ps`; empty without either. */
export function runningProcesses(): ProcessEntry[] {
  const rows = existsSync('/proc/self/stat') ? fromProc() : fromPs()
  return rows.filter(({ state }) => !/^[ZX]/.test(state))
}

/** Picks those that a process began, those that they began, and so on. */
export function descendantsOf(pid: number, processes: readonly ProcessEntry[]): ProcessEntry[] {
  const found = processes.filter(({ parent }) => parent === pid)
  for (const ancestor of found) {
    found.push(...processes.filter(({ parent }) => parent === ancestor.pid))
  }
  return found
}

type Row = ProcessEntry & { readonly state: string }

/** Of `/proc/PID/stat`, counted from behind the name; see proc(5). */
const START_TIME_FIELD = 19

function fromProc(): Row[] {
  const names = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return names.flatMap((name) => {
    const stat = statOf(name)
    // The name of the program stands in parentheses, and may hold some.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const [state = '', parent, group] = fields
    const startedAt = fields[START_TIME_FIELD]
    if (startedAt === undefined) return []
    return [{ pid: Number(name), state, parent: Number(parent), group: Number(group), startedAt }]
  })
}

/** Empty: it has ended meanwhile. */
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
