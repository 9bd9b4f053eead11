/** The status that reads show of an agent whose lease is running, in SQL; see `liveStatus`. */
export function liveStatusOf(agent: string): string {
  return `CASE WHEN ${agent}.suspect THEN 'suspect' WHEN ${agent}.maintenance IS NOT NULL THEN 'draining' ELSE ${agent}.status END`
}
