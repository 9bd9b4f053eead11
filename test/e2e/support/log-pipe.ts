import { execFileSync } from 'node:child_process'
import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs'

const { O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } = constants

/** A real pipe with both ends controlled by a test. */
export class LogPipe implements Disposable {
  readonly #path: string
  #reader: number | undefined
  /** The end that a process writes to; a write blocks while the pipe is full, as in a shell. */
  readonly writer: number
  #isWriterOpen = true

  /** @param path temporary path of the named pipe */
  constructor(path: string) {
    execFileSync('mkfifo', [path])
    this.#path = path
    this.#reader = openSync(path, O_RDONLY | O_NONBLOCK)
    this.writer = openSync(path, O_WRONLY)
  }

  /** Reads what is in the pipe, up to 64 KiB; undefined if it is empty. */
  read(): string | undefined {
    const bytes = Buffer.alloc(65_536)
    try {
      return bytes.toString('utf8', 0, readSync(this.#reader ?? -1, bytes))
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return undefined
      throw error
    }
  }

  /** Fills the pipe until no further line fits. */
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

  /** Closes the reading end: each write from now on gets EPIPE. */
  closeReader(): void {
    if (this.#reader !== undefined) closeSync(this.#reader)
    this.#reader = undefined
  }

  /** Closes the writing end once a process has inherited it. */
  closeWriter(): void {
    if (this.#isWriterOpen) closeSync(this.writer)
    this.#isWriterOpen = false
  }

  [Symbol.dispose](): void {
    this.closeReader()
    this.closeWriter()
  }
}
