import type { AgentRegistryRepository } from '../../domain/agent-registry-repository.ts'
import type { ChangeFeed } from '../../feed/change-feed.ts'
import type { TimeSlices } from '../../scheduling/time-slices.ts'
import type { PageSlots } from './page-slots.ts'

/** Why the registry dropped a stream. */
export type DropReason = 'stalled' | 'failed'

/** The dependencies of a stream, most of which are shared by all streams. */
export interface StreamContext {
  readonly repository: AgentRegistryRepository
  readonly feed: ChangeFeed
  /** The time slices shared by the streams that are catching up. */
  readonly slices: TimeSlices
  /** The page slots shared by the streams that are catching up. */
  readonly pages: PageSlots
  /**
   * Maximum unsent bytes of this reader. Beyond it, the reader leaves the feed and catches up from the
   * history at its own pace.
   */
  readonly bufferLimit: () => number
  /** Called when the reader is dropped. */
  readonly dropped: (reason: DropReason, error: unknown) => void
  /** Called when the stream has ended, from either side. */
  readonly closed: () => void
}
