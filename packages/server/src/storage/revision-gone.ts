import { RegistryError } from '../domain/registry-error.ts'

/** The error of every store whose history does not reach the revision that was asked for. */
export function revisionGone(
  revision: number,
  history: { oldest: number; newest: number },
): RegistryError {
  const { oldest, newest } = history
  const why =
    revision > newest
      ? `revision ${revision} is ahead of this registry, which is at ${newest}`
      : `the history begins at revision ${oldest}, after ${revision}`
  return new RegistryError('REVISION_GONE', `${why}; read the whole list again`, {
    oldestRevision: oldest,
  })
}
