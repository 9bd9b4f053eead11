import type { SearchableProfile } from './agent-filter.ts'
import { metadataLeaves } from './metadata-leaves.ts'

/** The words of a search, as {@link searchText} has them. */
export function searchWords(text: string): string[] {
  return [...new Set(text.toLowerCase().split(/\s+/).filter(Boolean))]
}

/**
 * Everything that words are looked for in: id, name, capabilities, keys and values of the
 * metadata, in lower case, each on a line of its own so that no word is found across two.
 */
export function searchText(agentId: string, profile: SearchableProfile): string {
  const lines = [agentId, profile.agentName, ...profile.capabilities]
  for (const { path, value } of metadataLeaves(profile.metadata)) lines.push(path, value)
  return lines.join('\n').toLowerCase()
}
