import { prefixOf } from '../../../domain/agent-id-pattern.ts'
import type { OrderedLeases } from '../table/ordered-leases.ts'
import type { Candidates } from './posting-list.ts'

/** Sorts after every character of an id. */
const AFTER_ALL = '\uffff'

/** The ids of a pattern: those after one text, up to another. */
interface IdRange {
  readonly after: string
  readonly upTo: string
}

/**
 * Returns the leases whose ids disjoint patterns cover: a range of the sorted leases for each, so the others are not
 * visited.
 *
 * @param leases sorted by id
 * @param patterns sorted; not that of all ids
 */
export function agentsById(leases: OrderedLeases, patterns: readonly string[]): Candidates {
  const ranges = patterns.map(rangeOf)
  return {
    size: ranges.reduce((sum, range) => sum + sizeOf(range, leases), 0),
    after: (agentId = '') => {
      for (const { after, upTo } of ranges) {
        // Not needed for the result: it saves the look-ups of ranges that are done.
        if (agentId >= upTo) continue
        const found = leases.after(agentId > after ? agentId : after)
        if (found === undefined) return []
        const part = found.block.leases.slice(found.from)
        const within = part.filter((lease) => lease.agentId <= upTo)
        if (within.length > 0) return within
      }
      return []
    },
  }
}

/** An upper bound. */
function sizeOf({ after, upTo }: IdRange, leases: OrderedLeases): number {
  return upTo.endsWith(AFTER_ALL) ? leases.countAtMost(after, upTo) : 1
}

function rangeOf(pattern: string): IdRange {
  const prefix = prefixOf(pattern)
  const first = prefix ?? pattern
  // The last text before the first id: ids have no such character.
  const before = String.fromCharCode(first.charCodeAt(first.length - 1) - 1)
  return {
    after: first.slice(0, -1) + before + AFTER_ALL,
    upTo: prefix === undefined ? pattern : prefix + AFTER_ALL,
  }
}
