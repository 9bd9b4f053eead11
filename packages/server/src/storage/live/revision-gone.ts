import { RegistryError } from '../../domain/registry-error.ts'

/** The error of every store whose history begins after the revision that was asked for. */
export function revisionGone(revision: number, oldest: number): RegistryError {
  return new RegistryError(
    'REVISION_GONE',
    `the history begins at revision ${oldest}, after ${revision}; read the whole list again`,
  )
}
