/**
 * What a store of your own is built from: the contract of a journal, and the registry in memory that
 * writes to it.
 *
 * @module @rollcall/server/storage
 */

export type { AgentCard, CardSummary, SummarizedCard } from '../domain/agent-card.ts'
export type { Caller } from '../domain/caller.ts'
export { type ChangeCondition, Refusal, requireAccepted } from '../domain/change-condition.ts'
export type { Branch } from '../domain/history-position.ts'
export type { Intent } from '../domain/intent.ts'
export type { Lease } from '../domain/lease.ts'
export {
  LEASE_RULES,
  type LeaseEvent,
  type LeaseRule,
  type LeaseState,
} from '../domain/lease-rules.ts'
export type { LeaseTimes } from '../domain/lease-views.ts'
export type {
  Maintenance,
  MaintenanceChange,
  MaintenanceDecision,
  MaintenanceEntry,
} from '../domain/maintenance.ts'
export { AgentMatcher } from '../domain/query/agent-matcher.ts'
export type { ComparableCondition } from '../domain/query/metadata-leaves.ts'
export { type BeatTime, type LeaseTime, leaseTime } from '../domain/time-scales.ts'
export {
  type Change,
  type PlannedLease,
  TransitionBatch,
} from '../domain/transition-batch.ts'
export { beginBranch } from './begin-branch.ts'
export { CommitOrder } from './live/commit-order.ts'
export type {
  HistoryBounds,
  HistoryPage,
  HistoryRead,
  Journal,
  JournalEntry,
} from './live/journal.ts'
export { LeaseClock } from './live/lease-clock.ts'
export {
  type LiveRegistryOptions,
  newPosition,
  openLiveRegistry,
  type StoredPosition,
  type StoredRegistry,
} from './live/open-live-registry.ts'
export { RecentTransitions } from './live/recent-transitions.ts'
export { LiveAgentRegistryRepository } from './live/repository.ts'
export { fromStoredLease, type StoredLease, toStoredLease } from './live/stored-lease.ts'
