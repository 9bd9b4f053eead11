import type { SearchableProfile } from '../../domain/query/agent-filter.ts'
import type { AgentMatcher } from '../../domain/query/agent-matcher.ts'
import { metadataLeaves } from '../../domain/query/metadata-leaves.ts'
import { searchText } from '../../domain/query/search-text.ts'

/** Longer terms go into the index by their beginning: the database has a limit of its own. */
const LONGEST = 500
const SEPARATOR = '\u0001'
const REPLACEMENT = '\u0002'

/**
 * What an agent can be found by, each once: `c` with a capability, `m` with a value. Different
 * things may in rare cases have the same term, so what is found has to be looked at again.
 */
export function termsOf(profile: SearchableProfile): string[] {
  const terms = new Set(profile.capabilities.map(capabilityTerm))
  for (const { path, value } of metadataLeaves(profile.metadata)) {
    if (value !== undefined) terms.add(metadataTerm(path, value))
  }
  return [...terms]
}

/** The terms of every agent that matches: all of `every`, and one of each group in `oneOf`. */
export function wantedTerms({ capabilities, metadata }: AgentMatcher): {
  every: string[]
  oneOf: string[][]
} {
  const alike = metadata.filter(({ value, asNumber }) => value === asNumber)
  const different = metadata.filter(({ value, asNumber }) => value !== asNumber)
  return {
    every: [
      ...capabilities.map(capabilityTerm),
      ...alike.map(({ path, value }) => metadataTerm(path, value)),
    ],
    oneOf: different.map(({ path, value, asNumber }) => [
      metadataTerm(path, value),
      metadataTerm(path, asNumber),
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
