import { readFileSync, readlinkSync } from 'node:fs'
import { basename } from 'node:path'

/** Bits of the open-file flags that hold the access mode, and the value for write-only. */
const ACCESS_MODE = 3
const WRITE_ONLY = 1

/**
 * Whether the process was started by `nohup`, and must ignore SIGHUP. Node resets ignored signals
 * at startup, so this looks for traces of `nohup`: shells set `_` to the program that they start,
 * and GNU `nohup` replaces a terminal on stdin with `/dev/null` opened for writing.
 */
export function ignoresHangup(): boolean {
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
