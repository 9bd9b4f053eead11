import { pause } from '../aborted.ts'
import type { Attack, AttackContext } from '../attack.ts'
import { ABANDONED_QUERIES } from './abandoned-queries.ts'
import { feedFilters } from './feed-filters.ts'
import { oldHistory } from './old-history.ts'
import { richRegistrations } from './rich-registrations.ts'
import { richTargets } from './rich-targets.ts'
import { sortedReads } from './sorted-reads.ts'
import { manyStreams, pipelinedStreams } from './streams.ts'
import { unfinishedBodies } from './unfinished-bodies.ts'
import { unreadAnswers } from './unread-answers.ts'

/** Attacks that one registry can be exposed to simultaneously, and that only use clients. */
const TOGETHER: readonly Attack[] = [
  feedFilters,
  richRegistrations,
  richTargets,
  ...ABANDONED_QUERIES,
  oldHistory,
  sortedReads,
  unreadAnswers,
  unfinishedBodies,
  pipelinedStreams,
  manyStreams,
]
const PAUSE_MS = 1000
/**
 * What a container of 1.5 GB leaves for the heap. Without a limit, V8 delays collection for as long
 * as memory is available.
 */
const HEAP_MEGABYTES = 768

/** Everything that clients can do, simultaneously and repeatedly, on a large fleet. */
export const allAtOnce: Attack = {
  name: 'all-at-once',
  title: 'everything that clients can do, at the same time, on a large fleet',
  stores: ['sqlite', 'postgres'],
  registry: { heapMegabytes: HEAP_MEGABYTES },
  seconds: ({ attackSeconds }) => attackSeconds * 3,
  async prepare(context) {
    // Several attacks need the same fleet: only one of them registers it.
    for (const attack of [feedFilters, richTargets, ABANDONED_QUERIES[0]]) {
      await attack?.prepare?.(context)
    }
  },
  async attack(context, signal) {
    await Promise.all(TOGETHER.map((attack) => repeat(attack, context, signal)))
    return undefined
  },
}

async function repeat(attack: Attack, context: AttackContext, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await attack.attack(context, signal).catch(() => undefined)
    await pause(PAUSE_MS, signal)
  }
}
