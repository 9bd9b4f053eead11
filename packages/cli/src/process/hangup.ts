import { readFileSync, readlinkSync } from 'node:fs'
import { basename } from 'node:path'

/** Bits of the flags of an open file that say how it was opened, and the value for "to write only". */
const ACCESS_MODE = 3
const WRITE_ONLY = 1

/**
 * Whether the process was started by `nohup`, and so is to outlive its terminal. Node forgets at its
 * start which signals it should ignore; what is left are the traces of `nohup`: shells note the
 * program that they start in `_`, and GNU `nohup` replaces a terminal as stdin by a `/dev/null` that
 * is open for writing.
 */
export function survivesHangup(): boolean {
  return basename(process.env._ ?? '') === 'nohup' || isStdinOfNohup()
}

function isStdinOfNohup(): boolean {
  try {
    if (readlinkSync('/proc/self/fd/0') !== '/dev/null') return false
    const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync('/proc/self/fdinfo/0', 'utf8'))?.[1]
    return flags !== undefined && (Number.parseInt(flags, 8) & ACCESS_MODE) === WRITE_ONLY
  } catch {
    // There is no /proc here.
    return false
  }
}
