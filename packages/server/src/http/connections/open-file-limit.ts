import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { platform } from 'node:os'

/** Files that a process has open where that cannot be counted; a registry has fewer. */
const GUESSED_OPEN_FILES = 64

/** How many files, sockets among them, this process may have open; undefined: as many as it likes. */
export function openFileLimit(): number | undefined {
  const limit = platform() === 'win32' ? Number.NaN : Number.parseInt(readLimit(), 10)
  return Number.isNaN(limit) ? undefined : limit
}

/** How many it has open now. */
export function openFiles(): number {
  try {
    return readdirSync('/proc/self/fd').length
  } catch {
    return GUESSED_OPEN_FILES
  }
}

function readLimit(): string {
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8')
    return /^Max open files\s+(\S+)/m.exec(limits)?.[1] ?? ''
  } catch {
    // Children have the limits of their parent.
    return execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' })
  }
}
