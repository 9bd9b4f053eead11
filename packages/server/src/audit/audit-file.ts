import { type FileHandle, open, stat } from 'node:fs/promises'
import { SingleFlight } from '../scheduling/single-flight.ts'
import type { AuditEntry, AuditLog } from './audit-log.ts'

/** Most bytes that wait for a slow disk; lines beyond that are dropped. */
const MAX_WAITING_BYTES = 1024 * 1024
/** Milliseconds until a failed write is tried again. */
const RETRY_MS = 1000
/** Names of callers, addresses and ids are nobody else's business. */
const MODE = 0o600
const LINE_FEED = 10

/** Reports whether the file can be written. */
export interface AuditFileReporter {
  failed(error: Error): void
  succeeded(): void
}

/**
 * Appends lines of JSON to a file, without waiting for the disk, and in memory that is limited. A file that was renamed
 * or removed is followed by a new one of the same name, so rotation needs no signal.
 */
export class AuditFile implements AuditLog {
  readonly #path: string
  readonly #reporter: AuditFileReporter
  readonly #maxWaitingBytes: number
  readonly #retryMs: number
  readonly #writing = new SingleFlight(() => this.#writeAll())
  #file: FileHandle | undefined
  #waiting: Buffer[] = []
  #waitingBytes = 0
  /** What is left of the last write. */
  #rest: Buffer = Buffer.alloc(0)
  /** Whether the last write has cut a line in two. */
  #isTorn = false
  #dropped = 0
  #reportedDropped = 0
  #retry: NodeJS.Timeout | undefined

  /**
   * @param options.maxWaitingBytes default 1 MiB
   * @param options.retryMs milliseconds until a failed write is tried again; default 1000
   */
  constructor(
    path: string,
    reporter: AuditFileReporter,
    { maxWaitingBytes = MAX_WAITING_BYTES, retryMs = RETRY_MS } = {},
  ) {
    this.#path = path
    this.#reporter = reporter
    this.#maxWaitingBytes = maxWaitingBytes
    this.#retryMs = retryMs
  }

  get dropped(): number {
    return this.#dropped
  }

  /** Dropped lines that no line in the file counts yet. */
  get #unreported(): number {
    return this.#dropped - this.#reportedDropped
  }

  async open(): Promise<void> {
    try {
      this.#file = await open(this.#path, 'a', MODE)
    } catch (cause) {
      const why = (cause as Error).message
      throw new Error(`the audit log ${this.#path} cannot be written: ${why}`, { cause })
    }
  }

  write(entry: AuditEntry): void {
    const line = encode(entry)
    if (this.#waitingBytes + line.length > this.#maxWaitingBytes) {
      this.#dropped++
      return
    }
    this.#waiting.push(line)
    this.#waitingBytes += line.length
    if (this.#retry === undefined) void this.#writing.run()
  }

  async close(): Promise<void> {
    clearTimeout(this.#retry)
    await this.#writing.settled()
    await this.#writing.run()
    clearTimeout(this.#retry)
    await this.#file?.close()
    this.#file = undefined
  }

  async #writeAll(): Promise<void> {
    this.#retry = undefined
    try {
      while (this.#waitingBytes > 0 || this.#unreported > 0) await this.#writeSome()
      this.#reporter.succeeded()
    } catch (error) {
      this.#reporter.failed(error as Error)
      this.#retry = setTimeout(() => void this.#writing.run(), this.#retryMs).unref()
    }
  }

  async #writeSome(): Promise<void> {
    if (await this.#followName()) this.#dropTornLine()
    if (this.#rest.length === 0) this.#rest = this.#takeWaiting()
    while (this.#rest.length > 0) {
      const { bytesWritten } = await (this.#file as FileHandle).write(this.#rest)
      if (bytesWritten > 0) this.#isTorn = this.#rest[bytesWritten - 1] !== LINE_FEED
      this.#forget(bytesWritten)
    }
  }

  #forget(bytes: number): void {
    this.#rest = this.#rest.subarray(bytes)
    this.#waitingBytes -= bytes
  }

  /** The beginning of the line is in the file before. */
  #dropTornLine(): void {
    if (!this.#isTorn) return
    this.#isTorn = false
    this.#dropped++
    this.#forget(this.#rest.indexOf(LINE_FEED) + 1)
  }

  /** Takes all lines, and one that says how many are missing after them. */
  #takeWaiting(): Buffer {
    const lines = this.#waiting.splice(0)
    if (this.#unreported > 0) {
      const line = encode({ what: 'audit', outcome: 'dropped', lines: this.#unreported })
      this.#reportedDropped = this.#dropped
      this.#waitingBytes += line.length
      lines.push(line)
    }
    return Buffer.concat(lines)
  }

  /** Opens another file if the name no longer means the open one. Returns whether it did. */
  async #followName(): Promise<boolean> {
    const [named, opened] = await Promise.all([
      stat(this.#path).catch(() => undefined),
      this.#file?.stat(),
    ])
    if (named && named.ino === opened?.ino && named.dev === opened.dev) return false
    const next = await open(this.#path, 'a', MODE)
    await this.#file?.close()
    this.#file = next
    return true
  }
}

/** All that could begin another line, or control the terminal on which the file is read. */
const UNSAFE = /[\u007f-\uffff]/g

/** Encodes a line of printable ASCII: JSON escapes the control characters below space, but no others. */
function encode(fields: object): Buffer {
  const json = JSON.stringify({ time: new Date().toISOString(), ...fields })
  return Buffer.from(`${json.replace(UNSAFE, escaped)}\n`)
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
