import { closeSync, existsSync, openSync, writeSync } from 'node:fs'
import type { CopyResult } from '../copy/copy-snapshot.ts'
import { requireNoFolder, targetProblem, unusable } from '../sqlite/backup/backup-problem.ts'
import { PartialFile } from '../sqlite/backup/partial-file.ts'
import { type ExportOptions, exportRegistry } from './export-registry.ts'

/** Options of an export to a file. */
export interface FileExportOptions extends Omit<ExportOptions, 'write'> {
  /** The file. */
  readonly to: string
  /** Replaces an existing file; default: refuses to. */
  readonly force?: boolean | undefined
}

/**
 * Exports a registry to a file, which only its owner may read. It gets its name when it is complete and on
 * disk.
 *
 * @throws RegistryError `STORAGE_UNUSABLE`; then there is no new file
 */
export async function exportToFile(options: FileExportOptions): Promise<CopyResult> {
  const { to, force, ...store } = options
  requireNoFolder(to)
  if (existsSync(to) && !force) {
    throw unusable(`${to} already exists. Use another name, or replace it with --force`)
  }
  try {
    using partial = new PartialFile(to)
    const result = await writeTo(partial.path, (write) => exportRegistry({ ...store, write }))
    partial.publish()
    return result
  } catch (error) {
    throw targetProblem(to, error)
  }
}

async function writeTo<Result>(
  path: string,
  work: (write: (text: string) => void) => Promise<Result>,
): Promise<Result> {
  const file = openSync(path, 'r+')
  try {
    return await work((text) => writeAll(file, Buffer.from(text)))
  } finally {
    closeSync(file)
  }
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at)
}
