import { branchesOf, withBranch } from '../domain/branch.ts'
import type { Branch, HistoryPosition } from '../domain/history-position.ts'
import { newEpoch } from './epoch.ts'

/**
 * Begins a branch at the end of a history, as each start of a store must do: whether its file is a restored
 * backup, or one of two copies, cannot be seen. The branch must be durable before the registry answers.
 *
 * @returns the whole line of branches, of which the newest 1000 are kept
 */
export function beginBranch(history: HistoryPosition): readonly Branch[] {
  return withBranch(branchesOf(history), { id: newEpoch(), beganAt: history.revision })
}
