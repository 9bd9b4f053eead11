import type { AgentRegistryRepository } from '../../domain/agent-registry-repository.ts'
import type { ChangeFeed } from '../../feed/change-feed.ts'
import type { TimeSlices } from '../../scheduling/time-slices.ts'
import type { PageSlots } from './page-slots.ts'

/** Why the registry cut a stream off. */
export type DropReason = 'stalled' | 'failed'

/** What a stream is served with; most of it is the same for all. */
export interface StreamContext {
  readonly repository: AgentRegistryRepository
  readonly feed: ChangeFeed
  readonly epoch: string
  /** Shared by those who catch up. */
  readonly slices: TimeSlices
  /** The same, for what they have read. */
  readonly pages: PageSlots
  /**
   * Bytes that may wait for this reader. When more do, nothing is added to them: the reader leaves
   * the others and goes through the history at its own pace, until it has caught up.
   */
  readonly bufferLimit: () => number
  /** Called when the reader is cut off. */
  readonly dropped: (why: DropReason, error: unknown) => void
  /** Called when the stream has ended, from either side. */
  readonly left: () => void
}
