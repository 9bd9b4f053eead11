/** Beyond it, a heartbeat could not be repeated within the TTL. */
const MAX_FACTOR = 2

/**
 * Checks how many times as far apart as usual a registry asks for heartbeats. Returns 1 if it does not ask: it is not
 * overloaded, or older than that. A factor below 1 is not ruled out.
 */
export function parseIntervalFactor(factor: unknown): number {
  return typeof factor === 'number' && factor <= MAX_FACTOR ? factor : 1
}
