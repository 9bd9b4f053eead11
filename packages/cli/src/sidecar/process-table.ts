import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'

/** A process that runs; those that have ended and wait to be noticed are none. */
export interface ProcessEntry {
  readonly pid: number
  readonly parent: number
  readonly group: number
}

/** Lists all processes of this machine: from `/proc`, elsewhere from `ps`; empty without either. */
export function runningProcesses(): ProcessEntry[] {
  const rows = existsSync('/proc/self/stat') ? fromProc() : fromPs()
  return rows
    .filter(({ state }) => !/^[ZX]/.test(state))
    .map(({ pid, parent, group }) => ({ pid, parent, group }))
}

/** Lists the processes that a process began, those that they began, and so on. */
export function descendantsOf(pid: number): number[] {
  const processes = runningProcesses()
  const found = [pid]
  for (const ancestor of found) {
    found.push(...processes.filter((it) => it.parent === ancestor).map((it) => it.pid))
  }
  return found.slice(1)
}

type Row = ProcessEntry & { readonly state: string }

function fromProc(): Row[] {
  const names = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return names.flatMap((name) => {
    // The name of the program stands in parentheses, and may hold some.
    const [, state = '', parent, group] = /\) (\S) (\d+) (\d+) [^)]*$/.exec(statOf(name)) ?? []
    if (parent === undefined) return []
    return [{ pid: Number(name), state, parent: Number(parent), group: Number(group) }]
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
  const columns = ['pid=', 'ppid=', 'pgid=', 'state='].flatMap((column) => ['-o', column])
  const { stdout } = spawnSync('ps', ['-A', ...columns], { encoding: 'utf8' })
  return (stdout ?? '').split('\n').flatMap((line) => {
    const [pid, parent, group, state] = line.trim().split(/\s+/)
    if (state === undefined) return []
    return [{ pid: Number(pid), state, parent: Number(parent), group: Number(group) }]
  })
}
