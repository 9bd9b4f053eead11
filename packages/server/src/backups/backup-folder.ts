import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fromFileTime, toFileTime } from '../domain/file-time.ts'

/** Mode of a created folder: metadata of agents may be confidential. */
const OWNER_ONLY = 0o700
/** `rollcall-20261121T093000Z-EPOCH.db`, and the files beside one that was never completed. */
const NAME = /^rollcall-(\d{8}T\d{6}Z)-([\w-]+)\.db(\.partial.*)?$/

/** A complete backup in a folder. */
export interface StoredBackup {
  /** Name of the file. */
  readonly name: string
  /** The folder and the name. */
  readonly path: string
  /** When it was begun, in Unix milliseconds. */
  readonly atMs: number
  /** The history that it belongs to. */
  readonly epoch: string
}

/** Lists the backups in a folder, oldest first. @throws Error of the file system */
export async function backupsIn(folder: string): Promise<StoredBackup[]> {
  const names = (await readdir(folder)).sort()
  return names.flatMap((name) => {
    const [, time = '', epoch = '', partial] = NAME.exec(name) ?? []
    const atMs = fromFileTime(time)
    if (atMs === undefined || partial !== undefined) return []
    return [{ name, path: join(folder, name), atMs, epoch }]
  })
}

/**
 * The folder of scheduled backups of one registry. The names contain its epoch: backups of another registry
 * in the same folder are neither counted nor removed, and neither are those of the registry that was there
 * before its file was lost.
 */
export class BackupFolder {
  readonly #path: string
  readonly #epoch: string

  constructor(path: string, epoch: string) {
    this.#path = path
    this.#epoch = epoch
  }

  /** Creates the folder if it is missing, and removes what a killed process has left in it. */
  async prepare(): Promise<void> {
    await mkdir(this.#path, { recursive: true, mode: OWNER_ONLY })
    for (const name of await readdir(this.#path)) {
      const [, , epoch, partial] = NAME.exec(name) ?? []
      if (epoch === this.#epoch && partial !== undefined) await rm(join(this.#path, name))
    }
  }

  /** Returns the path of a backup that begins at a time. */
  pathAt(unixMs: number): string {
    return join(this.#path, `rollcall-${toFileTime(unixMs)}-${this.#epoch}.db`)
  }

  /** Lists the backups of this registry, oldest first. */
  async backups(): Promise<StoredBackup[]> {
    return (await backupsIn(this.#path)).filter(({ epoch }) => epoch === this.#epoch)
  }

  /** Removes the oldest backups. */
  async removeBeyond(keep: number): Promise<void> {
    const backups = await this.backups()
    for (const { path } of backups.slice(0, Math.max(0, backups.length - keep))) await rm(path)
  }
}
