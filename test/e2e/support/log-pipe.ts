import { execFileSync } from 'node:child_process'
import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs'

const { O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } = constants

/** A real pipe with both ends in the hands of a test: it reads when it likes, or never. */
export class LogPipe implements Disposable {
  readonly #path: string
  #reader: number | undefined
  /** The end for a process to write to; it waits there when the pipe is full, as a shell's does. */
  readonly writer: number
  #isWriterOpen = true

  /** @param path where the pipe gets a name for as long as it is needed */
  constructor(path: string) {
    execFileSync('mkfifo', [path])
    this.#path = path
    this.#reader = openSync(path, O_RDONLY | O_NONBLOCK)
    this.writer = openSync(path, O_WRONLY)
  }

  /** What is in the pipe, up to 64 KiB; undefined: nothing at present. */
  read(): string | undefined {
    const bytes = Buffer.alloc(65_536)
    try {
      return bytes.toString('utf8', 0, readSync(this.#reader ?? -1, bytes))
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return undefined
      throw error
    }
  }

  /** Leaves the pipe without room for another line. */
  fill(): void {
    const filler = openSync(this.#path, O_RDWR | O_NONBLOCK)
    try {
      for (const size of [4096, 1]) {
        try {
          for (;;) writeSync(filler, '.'.repeat(size))
        } catch (error) {
          if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error
        }
      }
    } finally {
      closeSync(filler)
    }
  }

  /** The reader goes: each write from now on gets EPIPE. */
  closeReader(): void {
    if (this.#reader !== undefined) closeSync(this.#reader)
    this.#reader = undefined
  }

  /** For when a process has the end for writing. */
  closeWriter(): void {
    if (this.#isWriterOpen) closeSync(this.writer)
    this.#isWriterOpen = false
  }

  [Symbol.dispose](): void {
    this.closeReader()
    this.closeWriter()
  }
}
