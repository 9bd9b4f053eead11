import type { SearchableProfile } from '../../../domain/query/agent-filter.ts'
import type { AgentMatcher } from '../../../domain/query/agent-matcher.ts'
import { metadataLeaves } from '../../../domain/query/metadata-leaves.ts'
import { searchText } from '../../../domain/query/search-text.ts'

/** Longer terms go into the index by their beginning: the database has a limit of its own. */
const LONGEST = 500
const SEPARATOR = '\u0001'
const REPLACEMENT = '\u0002'
/** Of agents with more metadata than terms are made of: they may match any condition. */
const MORE_METADATA = '+'

/**
 * What an agent can be found by, each once: `c` with a capability, `m` with a value. Different
 * things may in rare cases have the same term, so what is found has to be looked at again.
 */
export function termsOf(profile: SearchableProfile): string[] {
  const terms = new Set(profile.capabilities.map(capabilityTerm))
  const { leaves, isWhole } = metadataLeaves(profile.metadata)
  for (const { path, value } of leaves) {
    if (value !== undefined) terms.add(metadataTerm(path, value))
  }
  if (!isWhole) terms.add(MORE_METADATA)
  return [...terms]
}

/** The terms of every agent that matches: all of `every`, and one of each group in `oneOf`. */
export function wantedTerms({ capabilities, metadata }: AgentMatcher): {
  every: string[]
  oneOf: string[][]
} {
  return {
    every: capabilities.map(capabilityTerm),
    oneOf: metadata.map(({ path, value, asNumber }) => [
      ...(value === asNumber ? [value] : [value, asNumber]).map((it) => metadataTerm(path, it)),
      MORE_METADATA,
    ]),
  }
}

/** What words are looked for in. */
export function wordsOf(agentId: string, profile: SearchableProfile): string {
  return storable(searchText(agentId, profile))
}

/** A pattern for `LIKE` that finds a word anywhere. */
export function patternOf(word: string): string {
  return `%${storable(word).replaceAll(/[\\%_]/g, '\\$&')}%`
}

function capabilityTerm(capability: string): string {
  return `c${storable(capability)}`
}

/** The separator is no part of either. */
function metadataTerm(path: string, value: string): string {
  return `m${storable(path)}${SEPARATOR}${storable(value)}`.slice(0, LONGEST).toWellFormed()
}

/** PostgreSQL has no text with NUL in it, nor with half of a surrogate pair. */
function storable(text: string): string {
  return text.replaceAll('\0', REPLACEMENT).replaceAll(SEPARATOR, REPLACEMENT).toWellFormed()
}
