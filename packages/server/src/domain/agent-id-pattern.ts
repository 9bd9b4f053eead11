/** Returns the beginning of the ids that a pattern covers; undefined: it is a single id. */
export function prefixOf(pattern: string): string | undefined {
  return pattern.endsWith('*') ? pattern.slice(0, -1) : undefined
}

/**
 * Whether a pattern covers an agent. The one rule wherever agents are named by pattern: an id covers itself, and
 * the beginning of ids followed by `*` all that begin so. Case-sensitive, as ids are. A pattern in place of the id:
 * whether all of its agents are covered.
 */
export function covers(pattern: string, agentId: string): boolean {
  const prefix = prefixOf(pattern)
  return prefix === undefined ? pattern === agentId : agentId.startsWith(prefix)
}

/**
 * Returns patterns that cover the same agents, each agent once: sorted, without those that others cover. Two lists
 * that cover the same agents become equal, unless one names every id below a beginning.
 */
export function disjointPatterns(patterns: readonly string[]): string[] {
  // A pattern sorts after one that covers it: by where they begin, and of the same beginning the wider one first.
  const sorted = patterns.toSorted(byBeginning)
  const kept: string[] = []
  for (const pattern of sorted) {
    const last = kept.at(-1)
    if (last === undefined || !covers(last, pattern)) kept.push(pattern)
  }
  return kept
}

/** Returns disjoint patterns of the agents that both lists cover; none, if there are no such agents. */
export function commonPatterns(a: readonly string[], b: readonly string[]): string[] {
  // Of two patterns, one covers the other, or they have no agent in common.
  const within = (inner: readonly string[], outer: readonly string[]) =>
    inner.filter((pattern) => outer.some((wider) => covers(wider, pattern)))
  return disjointPatterns([...within(a, b), ...within(b, a)])
}

function byBeginning(a: string, b: string): number {
  const [beginA, beginB] = [prefixOf(a) ?? a, prefixOf(b) ?? b]
  if (beginA !== beginB) return beginA < beginB ? -1 : 1
  return b.length - a.length
}
