import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A temporary folder for one test, removed when disposed. */
export class TemporaryFolder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'rollcall-e2e-'))

  /** Returns the path of a file in the folder. */
  file(name: string): string {
    return join(this.path, name)
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}

/** Returns the storage URL of a SQLite file. */
export function sqliteUrl(absolutePath: string): string {
  return `sqlite:///${absolutePath}`
}
