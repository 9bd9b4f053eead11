import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A token file in a folder of its own, removed when disposed. */
export interface TokenFileOnDisk extends AsyncDisposable {
  readonly path: string
  /** Replaces its content. */
  write(...lines: readonly string[]): Promise<void>
}

/** Creates a token file with these lines. */
export async function tokenFile(...lines: readonly string[]): Promise<TokenFileOnDisk> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-tokens-'))
  const path = join(folder, 'tokens')
  const write = (...text: readonly string[]) =>
    writeFile(path, text.map((line) => `${line}\n`).join(''))
  await write(...lines)
  return {
    path,
    write,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}
