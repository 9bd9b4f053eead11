import type { Authenticator } from './authenticator.ts'
import { type FileReporter, FollowedFiles } from './followed-files.ts'
import { type Principal, someAreLimited } from './principal.ts'
import { parseTokenList } from './token-list.ts'

/** What a token file says. */
interface Content {
  /** By the digests of their tokens. */
  readonly principals: ReadonlyMap<string, Principal>
  readonly limitsReads: boolean
}

/** Reports what happens to the file to the operator. */
export interface TokenFileReporter {
  /** The file has changed; its tokens are in force. */
  reloaded(tokens: number): void
  /** The file cannot be used as it is now: the tokens that were read last remain in force. */
  failed(problem: string): void
}

/** Tokens in a file that is managed elsewhere; see {@link parseTokenList} for its format. */
export class TokenFile implements Authenticator {
  readonly #file: FollowedFiles<Content>

  private constructor(file: FollowedFiles<Content>) {
    this.#file = file
  }

  /**
   * Reads a file.
   *
   * @throws Error that names the file, and the line that is invalid
   */
  static async open(path: string, reporter: TokenFileReporter): Promise<TokenFile> {
    const parse = ([text = '']: readonly string[]) => {
      const principals = parseTokenList(text)
      return { principals, limitsReads: someAreLimited(principals.values()) }
    }
    const report: FileReporter<Content> = {
      reloaded: ({ principals }) => reporter.reloaded(principals.size),
      failed: (problem) => reporter.failed(problem),
    }
    const kind = { name: 'token file', paths: [path], parse }
    return new TokenFile(await FollowedFiles.open<Content>(kind, report))
  }

  /** Follows changes of the file. */
  watch(): void {
    this.#file.watch()
  }

  /** Follows no more changes. */
  close(): void {
    this.#file.close()
  }

  get limitsReads(): boolean {
    return this.#file.content.limitsReads
  }

  known(digest: string): Principal | undefined {
    return this.#file.content.principals.get(digest)
  }

  /** Looks at the file; see {@link FollowedFiles.check}. */
  check(): Promise<void> {
    return this.#file.check()
  }
}
