import { readFile } from 'node:fs/promises'

/** Milliseconds between two looks at the files. A change is in force after two of them. */
const CHECK_INTERVAL_MS = 250

/** Reports what happens to the files to the operator. */
export interface FileReporter<Content> {
  /** The files have changed; what they say is in force. */
  reloaded(content: Content): void
  /** The files cannot be used as they are now: what was read last remains in force. */
  failed(problem: string): void
}

/** What files are, and how they are read. */
export interface FileKind<Content> {
  /** What they are, to follow `the`: `token file`. */
  readonly name: string
  readonly paths: readonly string[]
  /** Reads the texts, in the order of the paths. @throws Error with what is wrong */
  readonly parse: (texts: readonly string[]) => Content
}

/**
 * Files that are managed elsewhere and belong together, such as a certificate and its key. Follows every change, also
 * one that replaces a file or a link to it.
 */
export class FollowedFiles<Content> {
  readonly #kind: FileKind<Content>
  readonly #reporter: FileReporter<Content>
  #content: Content
  /** What the last look has found: the texts, or why a file could not be read. */
  #seen: string
  /** What was last put into force, or reported. */
  #judged: string
  #timer: NodeJS.Timeout | undefined

  private constructor(
    kind: FileKind<Content>,
    parts: { seen: string; content: Content; reporter: FileReporter<Content> },
  ) {
    this.#kind = kind
    this.#content = parts.content
    this.#seen = parts.seen
    this.#judged = parts.seen
    this.#reporter = parts.reporter
  }

  /**
   * Reads files.
   *
   * @throws Error that names the files, and what is wrong with them
   */
  static async open<Content>(
    kind: FileKind<Content>,
    reporter: FileReporter<Content>,
  ): Promise<FollowedFiles<Content>> {
    try {
      const texts = await readAll(kind.paths)
      const content = kind.parse(texts)
      return new FollowedFiles(kind, { seen: JSON.stringify({ texts }), content, reporter })
    } catch (error) {
      const which = `the ${kind.name} ${kind.paths.join(', ')}`
      throw new Error(`${which} cannot be used: ${(error as Error).message}`, { cause: error })
    }
  }

  /** What the files said when they could be used last. */
  get content(): Content {
    return this.#content
  }

  /** Follows changes of the files. */
  watch(): void {
    this.#timer ??= setInterval(() => void this.check(), CHECK_INTERVAL_MS).unref()
  }

  /** Follows no more changes. */
  close(): void {
    clearInterval(this.#timer)
  }

  /**
   * Looks at the files. A change counts once it was found twice: files that are being written are not complete the
   * first time.
   */
  async check(): Promise<void> {
    const found = await readAll(this.#kind.paths).then(
      (texts) => ({ texts }),
      (error: Error) => ({ problem: error.message }),
    )
    const seen = JSON.stringify(found)
    const isSettled = seen === this.#seen
    this.#seen = seen
    if (isSettled && seen !== this.#judged) this.#apply(found, seen)
  }

  #apply(found: { texts?: string[]; problem?: string }, seen: string): void {
    this.#judged = seen
    try {
      if (found.texts === undefined) throw new Error(found.problem)
      this.#content = this.#kind.parse(found.texts)
      this.#reporter.reloaded(this.#content)
    } catch (error) {
      this.#reporter.failed((error as Error).message)
    }
  }
}

function readAll(paths: readonly string[]): Promise<string[]> {
  return Promise.all(paths.map((path) => readFile(path, 'utf8')))
}
