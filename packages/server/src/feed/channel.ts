import type { AgentMatcher } from '../domain/query/agent-matcher.ts'
import type { FeedReader } from './feed-reader.ts'
import type { LoadAudience } from './load-audience.ts'

/** The readers of one filter, whose events are computed once for all of them. */
export interface Channel {
  readonly matcher: AgentMatcher
  readonly readers: Set<FeedReader>
  /** The revision up to which all of them have received everything. */
  position: number
  /** The readers that also follow loads; undefined if none does. */
  audience: LoadAudience | undefined
}

/** The range of revisions that is delivered together. */
export interface Batch {
  readonly first: number
  readonly last: number
}
