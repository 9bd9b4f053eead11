import type { AgentStatus, Registration, ViewStatus } from '@rollcall/protocol'
import type { SeededRandom } from './feed-random.ts'
import { registration } from './http-client.ts'

const ID_FILTERS = ['feed:*', 'feed:1*', 'feed:2', 'feed:3*'] as const
/** Of the agents by which consumers know that they have read everything. */
const MARKERS = 'marker:*'
const NAMES = ['Researcher', 'Research Planner', 'Zürich ✈ Booker', 'Critic'] as const
const NAME_FILTERS = ['Researcher', 'Research*', 'Zürich*', 'Critic', 'Z*'] as const
const CAPABILITIES = ['search', 'summarize', 'translate', 'plan'] as const
const REGIONS = ['eu-1', 'eu-2', 'us-1'] as const
const TAGS = ['blue', 'green'] as const
const REPORTED_STATUSES = ['ready', 'busy', 'draining'] as const
const STATUSES = [...REPORTED_STATUSES, 'expired'] as const
const WORDS = ['research', 'EU-', 'plan blue', 'zür', 'critic', 'feed:1'] as const

/** Lease of an agent that is to expire. */
export const BRIEF_TTL_SECONDS = 1

/** A filter, as in the query of `GET /agents` and `GET /events`. */
export interface FeedFilter {
  readonly agentId?: readonly string[]
  readonly name?: string
  readonly capability?: readonly string[]
  readonly status?: readonly ViewStatus[]
  readonly region?: string
  readonly gpus?: number
  readonly tag?: string
  readonly q?: string
  readonly includeDead?: boolean
}

/** A random registration with values for every filter. */
export function randomProfile(random: SeededRandom, agentId: string): Registration {
  const metadata = {
    region: random.pick(REGIONS),
    gpu: { count: random.integer(0, 2) },
    tags: random.some(TAGS),
  }
  const form = random.weighted({ object: 6, text: 2, none: 1 })
  return registration(agentId, {
    agent_name: random.pick(NAMES),
    port: random.integer(8000, 8003),
    metadata: form === 'none' ? null : form === 'text' ? JSON.stringify(metadata) : metadata,
    capabilities: random.some(CAPABILITIES),
    ...(random.chance(0.3) && { status: randomStatus(random) }),
    ...(random.chance(0.2) && { version: `1.${random.integer(0, 3)}` }),
  })
}

export function randomStatus(random: SeededRandom): AgentStatus {
  return random.pick(REPORTED_STATUSES)
}

/** A random filter: one in five has no condition; the others have one or several. */
export function randomFilter(random: SeededRandom): FeedFilter {
  const includeDead = random.chance(0.4)
  if (random.chance(0.2)) return { includeDead }
  const kind = () =>
    random.weighted({
      agentId: 2,
      name: 3,
      capability: 3,
      status: 4,
      region: 2,
      gpus: 1,
      tag: 1,
      q: 2,
    })
  const kinds = new Set(Array.from({ length: random.integer(1, 2) }, kind))
  return {
    includeDead,
    ...(kinds.has('agentId') && { agentId: [...someOf(random, ID_FILTERS), MARKERS] }),
    ...(kinds.has('name') && { name: random.pick(NAME_FILTERS) }),
    ...(kinds.has('capability') && { capability: someOf(random, CAPABILITIES) }),
    ...(kinds.has('status') && { status: someOf(random, STATUSES) }),
    ...(kinds.has('region') && { region: random.pick(REGIONS) }),
    ...(kinds.has('gpus') && { gpus: random.integer(0, 2) }),
    ...(kinds.has('tag') && { tag: random.pick(TAGS) }),
    ...(kinds.has('q') && { q: random.pick(WORDS) }),
  }
}

/** Whether every transition matches the filter. */
export function followsEverything({ includeDead: _, ...conditions }: FeedFilter): boolean {
  return Object.keys(conditions).length === 0
}

export function filterQuery(filter: FeedFilter): URLSearchParams {
  const query = new URLSearchParams()
  for (const pattern of filter.agentId ?? []) query.append('agent_id', pattern)
  if (filter.name !== undefined) query.append('name', filter.name)
  for (const capability of filter.capability ?? []) query.append('capability', capability)
  for (const status of filter.status ?? []) query.append('status', status)
  if (filter.region !== undefined) query.append('metadata.region', filter.region)
  if (filter.gpus !== undefined) query.append('metadata.gpu.count', String(filter.gpus))
  if (filter.tag !== undefined) query.append('metadata.tags', filter.tag)
  if (filter.q !== undefined) query.append('q', filter.q)
  if (filter.includeDead) query.append('include_dead', 'true')
  return query
}

/**
 * A registration that the filter lists: at once, or once its short lease lapses if the filter only
 * matches expired agents.
 */
export function matchingAgent(filter: FeedFilter, agentId: string): Registration {
  const { name = 'Marker', capability = [], status = ['ready'], q } = filter
  const spoken = status.find((one) => one !== 'expired')
  return registration(agentId, {
    agent_name: name.replace(/\*$/, ' marker'),
    capabilities: [...capability, ...(q === undefined ? [] : [q])],
    metadata: {
      region: filter.region ?? 'eu-1',
      gpu: { count: filter.gpus ?? 0 },
      tags: [filter.tag ?? 'blue'],
    },
    ...(spoken === undefined
      ? { ttl_seconds: BRIEF_TTL_SECONDS }
      : { status: spoken, ttl_seconds: 3600 }),
  })
}

/** Picks one or two items. */
function someOf<Item>(random: SeededRandom, items: readonly [Item, ...Item[]]): Item[] {
  return [...new Set([random.pick(items), random.pick(items)])]
}
