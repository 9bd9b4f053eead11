import type { Branch, HistoryPosition } from './history-position.ts'

/** The branches that a store keeps; a position in an older one is no longer valid. */
export const BRANCH_LIMIT = 1000

/** Returns a line of branches that ends in another one, without the oldest beyond {@link BRANCH_LIMIT}. */
export function withBranch(branches: readonly Branch[], begun: Branch): readonly Branch[] {
  return [...branches, begun].slice(-BRANCH_LIMIT)
}

/** Returns the line of branches of a history, oldest first; a store that records none has a single one. */
export function branchesOf({ epoch, branches }: HistoryPosition): readonly Branch[] {
  return branches ?? [{ id: epoch, beganAt: 0 }]
}

/** Returns the id of the branch in which a history continues: every position in the history names it. */
export function currentBranch({ epoch, branches }: HistoryPosition): string {
  return branches?.at(-1)?.id ?? epoch
}

/**
 * Returns whether a position is part of a line of branches: its branch is in the line, and none of those
 * after it began before the revision.
 *
 * @param branches oldest first
 */
export function containsPosition(
  branches: readonly Branch[],
  { branch, revision }: { readonly branch: string; readonly revision: number },
): boolean {
  let end = Number.POSITIVE_INFINITY
  // Nearly all positions are in the current branch.
  for (let index = branches.length - 1; index >= 0; index--) {
    const { id, beganAt } = branches[index] as Branch
    if (id === branch) return revision <= end
    end = Math.min(end, beganAt)
  }
  return false
}

/**
 * Returns the id of the branch in which a transition happened: it stays the same when later branches begin. Beyond the
 * branches that a store keeps, that of the oldest one.
 *
 * @param branches oldest first
 */
export function branchAt(branches: readonly Branch[], revision: number): string {
  const branch = branches.findLast(({ beganAt }) => beganAt < revision) ?? branches[0]
  return branch?.id ?? ''
}
