import { constants, fstatSync, openSync, writeSync } from 'node:fs'

const STDOUT = 1
/** Maximum size of the buffer for a blocked output; lines beyond that are dropped. */
const MAX_BUFFERED_BYTES = 1024 * 1024
/** Interval of attempts to write buffered lines, in milliseconds. */
const RETRY_MS = 100

/**
 * Writes log lines to stdout, in order and immediately, but never waits for the reader: a blocked
 * log must not block the registry. Lines that a pipe or a terminal does not accept are buffered, up
 * to 1 MiB. Lines beyond that, and lines that cannot be written because the disk is full or the
 * reader has closed the pipe, are dropped and counted; the next line is tried again.
 */
export class LogOutput {
  /** Called when lines can be written again, with the number of lines dropped in the meantime. */
  onRecovered: ((droppedLines: number) => void) | undefined
  readonly #descriptor = openWithoutBlocking()
  #buffer: Buffer[] = []
  #bufferedBytes = 0
  /** Whether the last line was written partially: the rest is buffered, or was dropped. */
  #isTorn = false
  #dropped = 0
  #reported = 0
  #retry: NodeJS.Timeout | undefined
  #flushed: (() => void)[] = []

  /** Lines dropped so far. */
  get dropped(): number {
    return this.#dropped
  }

  /** Writes one line, including its newline. Never throws. */
  write(line: string): void {
    const isRestDropped = this.#isTorn && this.#buffer.length === 0
    const bytes = Buffer.from(isRestDropped ? `\n${line}` : line)
    if (this.#bufferedBytes + bytes.length > MAX_BUFFERED_BYTES) {
      this.#dropped++
      return
    }
    this.#buffer.push(bytes)
    this.#bufferedBytes += bytes.length
    if (this.#retry === undefined) this.#send()
  }

  /** Resolves when the buffer is empty, or after a timeout in milliseconds. */
  async flush(timeoutMs: number): Promise<void> {
    if (this.#buffer.length === 0) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const overdue = setTimeout(resolve, timeoutMs)
    this.#flushed.push(resolve)
    await promise
    clearTimeout(overdue)
  }

  #send(): void {
    this.#retry = undefined
    try {
      for (let line = this.#buffer[0]; line; line = this.#buffer[0]) this.#writeSome(line)
      this.#reportDropped()
    } catch (error) {
      if (isCode(error, 'EAGAIN')) {
        this.#retry = setTimeout(() => this.#send(), RETRY_MS).unref()
        return
      }
      this.#dropped += this.#buffer.length
      this.#buffer = []
      this.#bufferedBytes = 0
    }
    for (const resolve of this.#flushed.splice(0)) resolve()
  }

  /** Writes as much of the first buffered line as the output accepts. */
  #writeSome(line: Buffer): void {
    const written = writeSync(this.#descriptor, line)
    this.#bufferedBytes -= written
    this.#isTorn = written < line.length
    if (this.#isTorn) this.#buffer[0] = line.subarray(written)
    else this.#buffer.shift()
  }

  #reportDropped(): void {
    const lines = this.#dropped - this.#reported
    this.#reported = this.#dropped
    if (lines > 0) this.onRecovered?.(lines)
  }
}

/**
 * Returns a descriptor for stdout whose writes fail with `EAGAIN` instead of blocking.
 *
 * On Linux, reopens a pipe or terminal, so that the stdout of other processes is not affected.
 * Elsewhere accessing `process.stdout` is enough: Node then makes a pipe or socket non-blocking.
 * Writes to files never block.
 */
function openWithoutBlocking(): number {
  const kind = fstatSync(STDOUT)
  if (process.platform === 'linux' && (kind.isFIFO() || kind.isCharacterDevice())) {
    const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants
    try {
      return openSync(`/proc/self/fd/${STDOUT}`, O_WRONLY | O_NONBLOCK | O_NOCTTY)
    } catch {
      // It belongs to another user, has no reader, or there is no /proc.
    }
  }
  return process.stdout.fd
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
