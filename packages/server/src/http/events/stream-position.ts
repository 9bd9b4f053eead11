import { branchesOf, containsPosition, currentBranch } from '../../domain/branch.ts'
import type { HistoryPosition } from '../../domain/history-position.ts'

/** Follows the branch in the id of an event from which no stream can resume. */
const SNAPSHOT = 'snapshot'

/** Returns the id of an event from which a stream can resume: everything up to the revision was sent. */
export function streamId(branch: string, revision: number): string {
  return `${branch}:${revision}`
}

/** Returns the id of events within a snapshot: a client that reconnects with it starts from scratch. */
export function snapshotId(branch: string): string {
  return `${branch}:${SNAPSHOT}`
}

/**
 * Returns the revision in the id of an event; undefined if it does not belong to this history.
 *
 * @param id `BRANCH:REVISION`, or the revision alone, which names no history
 */
export function revisionIn(id: string, history: HistoryPosition): number | undefined {
  const [, branch, digits] = /^(?:(.*):)?(\d{1,15})$/s.exec(id) ?? []
  if (digits === undefined) return undefined
  const revision = Number(digits)
  if (branch === undefined) return revision
  return containsPosition(branchesOf(history), { branch, revision }) ? revision : undefined
}

/** Explains why a position is not valid. */
export function notInHistory(id: string, history: HistoryPosition): string {
  return `${id} is not a position in the history of branch ${currentBranch(history)}`
}
