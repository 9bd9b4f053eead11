/** Returns the beginning of the ids that a pattern covers; undefined: it is a single id. */
export function prefixOf(pattern: string): string | undefined {
  return pattern.endsWith('*') ? pattern.slice(0, -1) : undefined
}

/**
 * Whether a pattern covers an agent. The one rule wherever agents are named by pattern: an id covers itself, and
 * the beginning of ids followed by `*` all that begin so. Case-sensitive, as ids are.
 */
export function covers(pattern: string, agentId: string): boolean {
  const prefix = prefixOf(pattern)
  return prefix === undefined ? pattern === agentId : agentId.startsWith(prefix)
}
