import { AGENT_DETAILS, NO_DETAILS } from '@rollcall/protocol'
import type { SearchableProfile } from './agent-filter.ts'
import { metadataLeaves } from './metadata-leaves.ts'

/** Splits a search into words, normalized like {@link searchText}. */
export function searchWords(text: string): string[] {
  return [...new Set(lowerCase(text).split(/\s+/).filter(Boolean))]
}

/**
 * Returns the text in which words are searched: id, name, capabilities, tags, details, words of the card, keys and
 * values of the metadata, in lower case, each on its own line so that no word matches across two. Covers the
 * metadata that `metadataLeaves` lists.
 */
export function searchText(agentId: string, profile: SearchableProfile): string {
  const lines = [agentId, profile.agentName, ...profile.capabilities, ...profile.tags]
  if (profile.details !== NO_DETAILS) {
    lines.push(...AGENT_DETAILS.flatMap(({ name }) => profile.details[name] ?? []))
  }
  if (profile.card !== null) lines.push(profile.card.words)
  let lastPath: string | undefined
  for (const { path, value } of metadataLeaves(profile.metadata).leaves) {
    // The elements of an array share their path.
    if (path !== lastPath) lines.push(path)
    lastPath = path
    if (value !== undefined) lines.push(value)
  }
  return lowerCase(lines.join('\n'))
}

/** Also unifies sigma, the only letter whose lower case depends on its position. */
function lowerCase(text: string): string {
  return text.toLowerCase().replaceAll('ς', 'σ')
}
