import { sameCard } from '../agent-card.ts'
import type { AgentProfile } from '../agent-registration.ts'
import { sameDetails } from '../details.ts'
import type { SearchableProfile } from './agent-filter.ts'

/** Whether two profiles are equal for filters. Profiles of agents that did not change are one object. */
export function sameSearchableProfile(a: SearchableProfile, b: SearchableProfile): boolean {
  return a === b || COMPARISONS.every((isSame) => isSame(a, b))
}

export function sameCapabilities(
  a: Pick<AgentProfile, 'capabilities'>,
  b: Pick<AgentProfile, 'capabilities'>,
): boolean {
  return sameTexts(a.capabilities, b.capabilities)
}

export function sameTags(a: Pick<AgentProfile, 'tags'>, b: Pick<AgentProfile, 'tags'>): boolean {
  return sameTexts(a.tags, b.tags)
}

function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((text, index) => text === b[index]))
}

/** Whether the metadata is the same text, sent in the same form. */
export function sameMetadata(
  a: Pick<AgentProfile, 'metadata'>,
  b: Pick<AgentProfile, 'metadata'>,
): boolean {
  return a.metadata?.json === b.metadata?.json && a.metadata?.givenAs === b.metadata?.givenAs
}

type Comparison = (a: SearchableProfile, b: SearchableProfile) => boolean

/** How each field is compared. */
const SAME_FIELD: { readonly [Field in keyof SearchableProfile]: Comparison } = {
  agentName: (a, b) => a.agentName === b.agentName,
  capabilities: sameCapabilities,
  details: sameDetails,
  tags: sameTags,
  card: sameCard,
  metadata: sameMetadata,
}
const COMPARISONS: readonly Comparison[] = Object.values(SAME_FIELD)
