import { readFile } from 'node:fs/promises'
import type { Authenticator } from './authenticator.ts'
import type { Principal } from './principal.ts'
import { parseTokenList } from './token-list.ts'

/** Milliseconds between two looks at the file. A change is in force after two of them. */
const CHECK_INTERVAL_MS = 250

/** Reports what happens to the file to the operator. */
export interface TokenFileReporter {
  /** The file has changed; its tokens are in force. */
  reloaded(tokens: number): void
  /** The file cannot be used as it is now: the tokens that were read last remain in force. */
  failed(problem: string): void
}

/**
 * Tokens in a file that is managed elsewhere; see {@link parseTokenList} for its format. Follows every change, also
 * one that replaces the file or a link to it.
 */
export class TokenFile implements Authenticator {
  readonly #path: string
  readonly #reporter: TokenFileReporter
  #principals: ReadonlyMap<string, Principal>
  /** What the last look has found: the text, or why the file could not be read. */
  #seen: string
  /** What was last put into force, or reported. */
  #judged: string
  #timer: NodeJS.Timeout | undefined

  private constructor(
    path: string,
    parts: { text: string; principals: Map<string, Principal>; reporter: TokenFileReporter },
  ) {
    this.#path = path
    this.#seen = JSON.stringify({ text: parts.text })
    this.#judged = this.#seen
    this.#principals = parts.principals
    this.#reporter = parts.reporter
  }

  /**
   * Reads a file.
   *
   * @throws Error that names the file, and the line that is invalid
   */
  static async open(path: string, reporter: TokenFileReporter): Promise<TokenFile> {
    try {
      const text = await readFile(path, 'utf8')
      return new TokenFile(path, { text, principals: parseTokenList(text), reporter })
    } catch (error) {
      throw new Error(`the token file ${path} cannot be used: ${(error as Error).message}`, {
        cause: error,
      })
    }
  }

  /** Follows changes of the file. */
  watch(): void {
    this.#timer ??= setInterval(() => void this.check(), CHECK_INTERVAL_MS).unref()
  }

  /** Follows no more changes. */
  close(): void {
    clearInterval(this.#timer)
  }

  known(digest: string): Principal | undefined {
    return this.#principals.get(digest)
  }

  /**
   * Looks at the file. A change counts once it was found twice: a file that is being written is not complete the
   * first time.
   */
  async check(): Promise<void> {
    const found = await readFile(this.#path, 'utf8').then(
      (text) => ({ text }),
      (error: Error) => ({ problem: error.message }),
    )
    const seen = JSON.stringify(found)
    const isSettled = seen === this.#seen
    this.#seen = seen
    if (isSettled && seen !== this.#judged) this.#apply(found, seen)
  }

  #apply(found: { text?: string; problem?: string }, seen: string): void {
    this.#judged = seen
    try {
      if (found.text === undefined) throw new Error(found.problem)
      this.#principals = parseTokenList(found.text)
      this.#reporter.reloaded(this.#principals.size)
    } catch (error) {
      this.#reporter.failed((error as Error).message)
    }
  }
}
