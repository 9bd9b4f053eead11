import type { SearchableProfile } from './agent-filter.ts'
import { metadataLeaves } from './metadata-leaves.ts'

/** The words of a search, as {@link searchText} has them. */
export function searchWords(text: string): string[] {
  return [...new Set(withoutCase(text).split(/\s+/).filter(Boolean))]
}

/**
 * Everything that words are looked for in: id, name, capabilities, keys and values of the
 * metadata, in lower case, each on a line of its own so that no word is found across two. Metadata
 * counts as far as `metadataLeaves` goes.
 */
export function searchText(agentId: string, profile: SearchableProfile): string {
  const lines = [agentId, profile.agentName, ...profile.capabilities]
  let lastPath: string | undefined
  for (const { path, value } of metadataLeaves(profile.metadata).leaves) {
    // The elements of an array have the same one.
    if (path !== lastPath) lines.push(path)
    lastPath = path
    if (value !== undefined) lines.push(value)
  }
  return withoutCase(lines.join('\n'))
}

/** The one letter whose lower case depends on where it stands is made the same everywhere. */
function withoutCase(text: string): string {
  return text.toLowerCase().replaceAll('ς', 'σ')
}
