/** Follows the epoch in the id of an event from which no stream can resume. */
const SNAPSHOT = 'snapshot'

/** Returns the id of an event from which a stream can resume: everything up to the revision was sent. */
export function streamId(epoch: string, revision: number): string {
  return `${epoch}:${revision}`
}

/** Returns the id of events within a snapshot: a client that reconnects with it starts from scratch. */
export function snapshotId(epoch: string): string {
  return `${epoch}:${SNAPSHOT}`
}

/**
 * Returns the revision in the id of an event; undefined if it does not belong to this history.
 *
 * @param id `EPOCH:REVISION`, or the revision alone
 */
export function revisionIn(id: string, epoch: string): number | undefined {
  const [, idEpoch = epoch, revision] = /^(?:(.*):)?(\d{1,15})$/s.exec(id) ?? []
  return idEpoch === epoch && revision !== undefined ? Number(revision) : undefined
}
