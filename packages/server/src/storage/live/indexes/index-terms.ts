import { reportedDetails } from '../../../domain/details.ts'
import type { SearchableProfile } from '../../../domain/query/agent-filter.ts'
import type { AgentMatcher } from '../../../domain/query/agent-matcher.ts'
import { metadataLeaves } from '../../../domain/query/metadata-leaves.ts'

/** Returns the index terms of an agent, as hashes: the texts themselves would take more memory. */
export function hashedTermsOf(profile: SearchableProfile): Set<number> {
  const terms = new Set<number>()
  for (const capability of profile.capabilities) terms.add(capabilityTerm(capability))
  for (const tag of profile.tags) terms.add(tagTerm(tag))
  for (const [name, value] of reportedDetails(profile.details)) terms.add(detailTerm(name, value))
  const { leaves, isWhole } = metadataLeaves(profile.metadata)
  for (const { path, value } of leaves) if (value !== undefined) terms.add(leafTerm(path, value))
  if (!isWhole) terms.add(MORE_METADATA)
  return terms
}

/** Returns groups of terms; every agent that matches has at least one term of each group. */
export function requiredHashedTerms({
  capabilities,
  tags,
  details,
  metadata,
}: AgentMatcher): number[][] {
  return [
    ...capabilities.map((capability) => [capabilityTerm(capability)]),
    ...tags.map((tag) => [tagTerm(tag)]),
    ...details.map(([name, value]) => [detailTerm(name, value)]),
    ...metadata.map(({ path, value, asNumber }) => [
      ...(value === asNumber ? [value] : [value, asNumber]).map((text) => leafTerm(path, text)),
      MORE_METADATA,
    ]),
  ]
}

const OFFSET = 0x811c9dc5
/** The term of agents with more metadata than is indexed: they may match any metadata condition. */
const MORE_METADATA = -1

function capabilityTerm(capability: string): number {
  return hash(capability, OFFSET) >>> 2
}

function tagTerm(tag: string): number {
  return hash(tag, OFFSET + 1) >>> 2
}

function detailTerm(name: string, value: string): number {
  return hash(value, hash(name, OFFSET)) >>> 2
}

function leafTerm(path: string, value: string): number {
  return hash(value, hash(path, ~OFFSET)) >>> 2
}

/** FNV-1a over UTF-16 (Fowler, Noll and Vo); shifted to 30 bits it is a small integer in V8. */
function hash(text: string, seed: number): number {
  let state = seed
  for (let i = 0; i < text.length; i++) {
    state = Math.imul(state ^ text.charCodeAt(i), 0x01000193)
  }
  return Math.imul(state ^ 0xffff, 0x01000193)
}
