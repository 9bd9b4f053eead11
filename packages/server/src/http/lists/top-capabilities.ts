import type { CapabilityCount, CapabilityList } from '@rollcall/protocol'
import type { CapabilityCounts } from '../../domain/capability-counts.ts'
import { LIVE_STATUSES } from '../../domain/query/agent-filter.ts'
import type { SlicedWork } from '../../scheduling/time-slices.ts'

/** Capabilities examined between two looks at the time slice. */
const BATCH = 1024

/** Selects capabilities. */
export interface CapabilitySelection {
  /** A part of the name; not case-sensitive. Default: all. */
  readonly q?: string | undefined
  /** Maximum number. */
  readonly limit: number
  /** Includes those of dead agents alone. Default false. */
  readonly includeDead?: boolean | undefined
}

/** Returns the capabilities that most agents have. Memory depends on the limit, not on how many there are. */
export async function topCapabilities(
  counts: CapabilityCounts,
  { q = '', limit, includeDead = false }: CapabilitySelection,
  work: SlicedWork,
): Promise<CapabilityList> {
  const part = q.toLowerCase()
  // By name: while other work has its turn, a capability may go and come, and is then visited twice.
  let found = new Map<string, CapabilityCount>()
  const agents = ({ alive, expired }: CapabilityCount) => alive + (includeDead ? expired : 0)
  const sorted = () =>
    [...found.values()].sort((a, b) => agents(b) - agents(a) || (a.name < b.name ? -1 : 1))
  let isComplete = counts.isComplete
  let visited = 0
  for (const [name, byStatus] of counts) {
    if (++visited % BATCH === 0 && work.isOver) await work.next()
    if (!name.toLowerCase().includes(part)) continue
    const alive = LIVE_STATUSES.reduce((sum, status) => sum + byStatus[status], 0)
    const capability = { name, alive, ...byStatus }
    if (agents(capability) === 0) continue
    found.set(name, capability)
    if (found.size > 2 * limit + BATCH) {
      isComplete = false
      found = new Map(
        sorted()
          .slice(0, limit)
          .map((each) => [each.name, each]),
      )
    }
  }
  const capabilities = sorted()
  isComplete &&= capabilities.length <= limit
  return { capabilities: capabilities.slice(0, limit), complete: isComplete }
}
