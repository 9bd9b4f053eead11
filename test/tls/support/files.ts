import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Files in a folder of their own, removed when disposed. */
export class Files implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'rollcall-tls-'))

  /** Returns the path of a file. */
  path(name: string): string {
    return join(this.#folder, name)
  }

  /** Writes a file, and returns its path. */
  write(name: string, text: string): string {
    writeFileSync(this.path(name), text)
    return this.path(name)
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
