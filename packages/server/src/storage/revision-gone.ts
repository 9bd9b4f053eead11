import { RegistryError } from '../domain/registry-error.ts'

/** Creates the error for a revision outside the history that a store keeps. */
export function revisionGone(
  revision: number,
  history: { oldest: number; newest: number },
): RegistryError {
  const { oldest, newest } = history
  const why =
    revision > newest
      ? `revision ${revision} is ahead of this registry, which is at revision ${newest}`
      : `revision ${revision} is no longer available: the history starts at revision ${oldest}`
  return new RegistryError('REVISION_GONE', `${why}; read the whole list again`, {
    oldestRevision: oldest,
  })
}
