import { constants, fstatSync, openSync, writeSync } from 'node:fs'

const STDOUT = 1
/** Bytes of lines that wait for an output that takes no more; lines beyond that are dropped. */
const WAITING_LIMIT_BYTES = 1024 * 1024
/** Milliseconds between two attempts to write what waits. */
const RETRY_MS = 100

/**
 * Writes the lines of the log to stdout, in order and at once, but never waits for the reader: a
 * registry must not stand still because its log does. Lines that a pipe or a terminal has no room
 * for wait, up to 1 MiB of them. Lines beyond that, and lines that cannot be written because the
 * disk is full or the reader is gone, are dropped and counted; the next line is tried again.
 */
export class LogOutput {
  /** Called when lines can be written again, with the number of those dropped meanwhile. */
  onRecovered: ((droppedLines: number) => void) | undefined
  readonly #descriptor = openWithoutBlocking()
  #waiting: Buffer[] = []
  #waitingBytes = 0
  /** The line written last has no end: its rest waits, or was dropped. */
  #isTorn = false
  #dropped = 0
  #reported = 0
  #retry: NodeJS.Timeout | undefined
  #flushed: (() => void)[] = []

  /** Lines dropped so far. */
  get dropped(): number {
    return this.#dropped
  }

  /** Takes one line with its end. Never throws. */
  write(line: string): void {
    const isRestGone = this.#isTorn && this.#waiting.length === 0
    const bytes = Buffer.from(isRestGone ? `\n${line}` : line)
    if (this.#waitingBytes + bytes.length > WAITING_LIMIT_BYTES) {
      this.#dropped++
      return
    }
    this.#waiting.push(bytes)
    this.#waitingBytes += bytes.length
    if (this.#retry === undefined) this.#send()
  }

  /** Resolves when no line waits any more, and at the latest after a time. */
  async flush(timeoutMs: number): Promise<void> {
    if (this.#waiting.length === 0) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const overdue = setTimeout(resolve, timeoutMs)
    this.#flushed.push(resolve)
    await promise
    clearTimeout(overdue)
  }

  #send(): void {
    this.#retry = undefined
    try {
      for (let line = this.#waiting[0]; line; line = this.#waiting[0]) this.#writeSome(line)
      this.#reportDropped()
    } catch (error) {
      if (isCode(error, 'EAGAIN')) {
        this.#retry = setTimeout(() => this.#send(), RETRY_MS).unref()
        return
      }
      this.#dropped += this.#waiting.length
      this.#waiting = []
      this.#waitingBytes = 0
    }
    for (const resolve of this.#flushed.splice(0)) resolve()
  }

  /** Writes as much of the first line that waits as there is room for. */
  #writeSome(line: Buffer): void {
    const written = writeSync(this.#descriptor, line)
    this.#waitingBytes -= written
    this.#isTorn = written < line.length
    if (this.#isTorn) this.#waiting[0] = line.subarray(written)
    else this.#waiting.shift()
  }

  #reportDropped(): void {
    const lines = this.#dropped - this.#reported
    this.#reported = this.#dropped
    if (lines > 0) this.onRecovered?.(lines)
  }
}

/**
 * Returns a descriptor for stdout that refuses a write (`EAGAIN`) instead of waiting for room.
 *
 * Linux opens a pipe or a terminal anew, which leaves the stdout of other processes as it is.
 * Elsewhere it is enough to ask for `process.stdout`: Node makes a pipe or socket non-blocking then. Files take every write or fail.
 */
function openWithoutBlocking(): number {
  const kind = fstatSync(STDOUT)
  if (process.platform === 'linux' && (kind.isFIFO() || kind.isCharacterDevice())) {
    const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants
    try {
      return openSync(`/proc/self/fd/${STDOUT}`, O_WRONLY | O_NONBLOCK | O_NOCTTY)
    } catch {
      // It belongs to another user, its reader is gone, or there is no /proc.
    }
  }
  return process.stdout.fd
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
