import { type FileReporter, FollowedFiles } from '../followed-files.ts'
import type { Jose } from './jose.ts'
import { KeySet } from './key-set.ts'
import type { KeySource } from './key-source.ts'

/** Keys of an identity provider in a file that is managed elsewhere: a JWKS. */
export class KeyFile implements KeySource {
  readonly #file: FollowedFiles<KeySet>

  private constructor(file: FollowedFiles<KeySet>) {
    this.#file = file
  }

  /** Reads a file, and follows its changes. @throws Error that names the file */
  static async open(
    path: string,
    parts: { jose: Jose; reporter: FileReporter<KeySet> },
  ): Promise<KeyFile> {
    const parse = ([text = '']: readonly string[]) => new KeySet(parts.jose, text)
    const kind = { name: 'file of keys', paths: [path], parse }
    const file = await FollowedFiles.open<KeySet>(kind, parts.reporter)
    file.watch()
    return new KeyFile(file)
  }

  get current(): KeySet {
    return this.#file.content
  }

  /** The file is followed anyway. */
  async refresh(): Promise<void> {}

  close(): void {
    this.#file.close()
  }
}
