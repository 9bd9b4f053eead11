import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { platform } from 'node:os'

/** The assumed number of open files where it cannot be determined; a registry has fewer. */
const ASSUMED_OPEN_FILES = 64

/** Returns how many files, including sockets, this process may open; undefined if unlimited. */
export function openFileLimit(): number | undefined {
  const limit = platform() === 'win32' ? Number.NaN : Number.parseInt(readLimit(), 10)
  return Number.isNaN(limit) ? undefined : limit
}

/** Returns how many files this process has open. */
export function openFiles(): number {
  try {
    return readdirSync('/proc/self/fd').length
  } catch {
    return ASSUMED_OPEN_FILES
  }
}

function readLimit(): string {
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8')
    return /^Max open files\s+(\S+)/m.exec(limits)?.[1] ?? ''
  } catch {
    // Child processes inherit the limits of their parent.
    return execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' })
  }
}
