import { TimeSlices } from '../../scheduling/time-slices.ts'
import type { LeaseTable } from './table/lease-table.ts'

/** Milliseconds per turn of the event loop spent on indexing a newly opened store. */
const INDEX_SLICE_MS = 1

/**
 * Builds the indexes of a newly opened store in time slices: for a million agents that takes seconds.
 *
 * @param store.isClosed ends it early
 */
export async function buildIndexes(
  table: LeaseTable,
  store: { readonly isClosed: () => boolean },
): Promise<void> {
  const work = new TimeSlices({ shortMs: INDEX_SLICE_MS }).begin()
  do await work.next()
  while (!store.isClosed() && table.indexMore(() => !work.isOver))
}
