/** What follows the epoch in the id of an event from which no stream can go on. */
const SNAPSHOT = 'snapshot'

/** The id of an event, from which a stream goes on: everything up to the revision has been told. */
export function streamId(epoch: string, revision: number): string {
  return `${epoch}:${revision}`
}

/** The id of what is told before a snapshot is complete: whoever comes back with it begins anew. */
export function snapshotId(epoch: string): string {
  return `${epoch}:${SNAPSHOT}`
}

/**
 * The revision that a client comes back with; undefined when it says nothing about this history.
 *
 * @param told `EPOCH:REVISION`, or the revision alone
 */
export function revisionIn(told: string, epoch: string): number | undefined {
  const [, itsEpoch = epoch, revision] = /^(?:(.*):)?(\d{1,15})$/s.exec(told) ?? []
  return itsEpoch === epoch && revision !== undefined ? Number(revision) : undefined
}
