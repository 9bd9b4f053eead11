import { reportedDetails } from '../../../domain/details.ts'
import type { SearchableProfile } from '../../../domain/query/agent-filter.ts'
import type { AgentMatcher } from '../../../domain/query/agent-matcher.ts'
import { metadataLeaves } from '../../../domain/query/metadata-leaves.ts'
import { searchText } from '../../../domain/query/search-text.ts'

/** Longer terms are truncated in the index, because the database limits their size. */
const MAX_TERM_LENGTH = 500
const SEPARATOR = '\u0001'
const REPLACEMENT = '\u0002'
/** The term of agents with more metadata than is indexed: they may match any metadata condition. */
const MORE_METADATA = '+'

/**
 * Returns the index terms of an agent, without duplicates: `c` with a capability, `t` with a tag, `d` with a detail,
 * `m` with a metadata value. In rare cases different values share a term, so matches must be checked again.
 */
export function sqlTermsOf(profile: SearchableProfile): string[] {
  const terms = new Set(profile.capabilities.map(capabilityTerm))
  for (const tag of profile.tags) terms.add(tagTerm(tag))
  for (const [name, value] of reportedDetails(profile.details)) terms.add(detailTerm(name, value))
  const { leaves, isWhole } = metadataLeaves(profile.metadata)
  for (const { path, value } of leaves) {
    if (value !== undefined) terms.add(metadataTerm(path, value))
  }
  if (!isWhole) terms.add(MORE_METADATA)
  return [...terms]
}

/** Returns the terms that every match has: all of `every`, and at least one of each group in `oneOf`. */
export function requiredSqlTerms({ capabilities, tags, details, metadata }: AgentMatcher): {
  every: string[]
  oneOf: string[][]
} {
  return {
    every: [
      ...capabilities.map(capabilityTerm),
      ...tags.map(tagTerm),
      ...details.map(([name, value]) => detailTerm(name, value)),
    ],
    oneOf: metadata.map(({ path, value, asNumber }) => [
      ...(value === asNumber ? [value] : [value, asNumber]).map((it) => metadataTerm(path, it)),
      MORE_METADATA,
    ]),
  }
}

/** Returns the text that word searches match against. */
export function wordsOf(agentId: string, profile: SearchableProfile): string {
  return storable(searchText(agentId, profile))
}

/** Returns a `LIKE` pattern that matches a word anywhere. */
export function patternOf(word: string): string {
  return `%${storable(word).replaceAll(/[\\%_]/g, '\\$&')}%`
}

function capabilityTerm(capability: string): string {
  return `c${storable(capability)}`
}

function tagTerm(tag: string): string {
  return `t${storable(tag)}`
}

function detailTerm(name: string, value: string): string {
  return pairTerm('d', name, value)
}

function metadataTerm(path: string, value: string): string {
  return pairTerm('m', path, value)
}

/** Neither part contains the separator. */
function pairTerm(kind: 'd' | 'm', name: string, value: string): string {
  const term = `${kind}${storable(name)}${SEPARATOR}${storable(value)}`
  return term.slice(0, MAX_TERM_LENGTH).toWellFormed()
}

/** Replaces what PostgreSQL text cannot contain: NUL, and lone surrogates. */
function storable(text: string): string {
  return text.replaceAll('\0', REPLACEMENT).replaceAll(SEPARATOR, REPLACEMENT).toWellFormed()
}
