import { existsSync, realpathSync } from 'node:fs'
import { resolve } from 'node:path'

/** Resolves symbolic links, so that one file has one name, and so one lock. */
export function realPath(path: string): string {
  return existsSync(path) ? realpathSync(path) : resolve(path)
}
