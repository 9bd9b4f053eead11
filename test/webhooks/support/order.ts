import { expect } from 'vitest'
import { revisionsOf } from './webhook-receiver.ts'
import { upTo } from './webhook-registry.ts'

/**
 * Expects each event up to a revision at least once, and in order: none before the one before it has arrived. Events
 * may be repeated, as a node does that goes on from the last position that was saved.
 *
 * @returns how many were repeated
 */
export function expectInOrder(ids: readonly string[], last: number): number {
  const revisions = revisionsOf(ids)
  expect([...new Set(revisions)]).toEqual(upTo(last))
  // Whoever goes back goes on from there without a gap.
  const gaps = revisions.filter((revision, index) => revision > (revisions[index - 1] ?? 0) + 1)
  expect(gaps).toEqual([])
  return revisions.length - last
}
